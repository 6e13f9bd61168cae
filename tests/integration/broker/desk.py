"""A queue of one test's own, what an operator would see of it, and a service in a thread."""

from contextlib import suppress
from threading import Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pika

from deploy.local.waiting import until
from shared.broker.apply import Refused, create, request
from shared.broker.hosts import hosts
from shared.broker.topology import EVENTS, Queue, Table, dead_queue, work
from shared.events import Because, Completeness, StudyAvailable
from shared.service import Service

PATIENCE = 20.0  # seconds


def available(revision: int = 1, site: str = "north") -> StudyAvailable:
    return StudyAvailable(
        site=site,
        study_uid="1.2.3",
        record=None,
        revision=revision,
        series=1,
        instances=3,
        failed=0,
        completeness=Completeness.COMPLETE,
        because=Because.QUIET,
    )


class Desk:
    """The operator's view of one queue of `study.available`."""

    def __init__(self, amqp_url: str, management_url: str) -> None:
        """Make the queue."""
        self.amqp_url = amqp_url
        self.management_url = management_url
        self.name = f"test-{uuid4().hex[:8]}.studies"
        self.made: tuple[Queue, ...] = work(self.name, (EVENTS, "study.available.*"))
        self.apply()

    def apply(self) -> None:
        """Make it, or make it again."""
        create(self.amqp_url, self.management_url, Table((), self.made))

    def delete(self) -> None:
        """Delete it, and its dead letters."""
        with pika.BlockingConnection(hosts(self.amqp_url, "test")) as connection:
            for queue in self.made:
                connection.channel().queue_delete(queue.name)

    def depth(self, queue: str | None = None) -> int:
        """Return how many messages are ready in the queue, in hand of nobody."""
        with pika.BlockingConnection(hosts(self.amqp_url, "test")) as connection:
            frame = connection.channel().queue_declare(queue or self.name, passive=True)
            return int(frame.method.message_count)

    def dead(self) -> list[tuple[pika.BasicProperties, bytes]]:
        """Take the dead letters."""
        letters: list[tuple[pika.BasicProperties, bytes]] = []
        with pika.BlockingConnection(hosts(self.amqp_url, "test")) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(dead_queue(self.name), auto_ack=True)
                if method is None:
                    return letters
                letters.append((properties, body))

    def cut_connections(self, name: str) -> int:
        """Cut the connections of the service `name`; no client says goodbye. Return how many."""
        listed = request(self.management_url, "GET", "/api/connections")
        assert isinstance(listed, list)
        mine = [one["name"] for one in listed if named(one).startswith(f"{name} ")]
        for one in mine:
            with suppress(Refused):  # it has just gone by itself
                request(self.management_url, "DELETE", f"/api/connections/{quote(one)}")
        return len(mine)


def named(connection: dict[str, Any]) -> str:
    """Return how a client calls its connection, if the broker knows yet."""
    properties = connection.get("client_properties")
    return str(properties.get("connection_name", "")) if isinstance(properties, dict) else ""


class Running:
    """A service in a thread."""

    def __init__(self, service: Service, *, wait: bool = True) -> None:
        """Start it, and wait until it is ready unless told otherwise."""
        self.service = service
        self.thread = Thread(target=service.run, daemon=True)
        self.thread.start()
        if wait:
            until(self.ready, PATIENCE, "the service is not ready")

    def ready(self) -> bool:
        """Say whether `/readyz` would."""
        return bool(self.service.probe_port) and not self.service.unready()

    def stop(self) -> None:
        """Drain it."""
        self.service.stopping.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
