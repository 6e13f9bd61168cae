"""shared.service on real servers: what a service promises whoever runs it."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Event as Flag
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from deploy.local.waiting import until
from shared import outbox
from shared.broker import subscription
from shared.broker.publisher import Publisher
from shared.config import ServiceSettings, read
from shared.db import Connection, Database
from shared.errors import EdgeDown
from shared.events import Event, StudyAvailable
from shared.service import Service
from tests.integration.broker.desk import PATIENCE, Desk, Running, available

Run = Callable[[Service], Running]


@pytest.fixture
def database(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    one = Database(environment("index")["SCANPASS_DATABASE_URL"], pool_size=3)
    yield one
    with one.transaction() as connection:
        connection.execute("DELETE FROM catalogue.outbox")
    one.close()


def probe(service: Service, path: str) -> tuple[int, list[str]]:
    """Return the status and what is wrong."""
    url = f"http://127.0.0.1:{service.probe_port}{path}"
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)["wrong"]
    except HTTPError as error:
        with error:
            return error.code, json.load(error)["wrong"]


def test_a_service_is_not_ready_before_its_queue_is_there(desk: Desk, service: Service) -> None:
    """Nor while something that it needs is not; alive it is."""
    down = [True]

    def check() -> None:
        if down[0]:
            edge = "s3"
            raise EdgeDown(edge)

    desk.delete()
    service.consume(desk.name, {}, workers=1)
    service.needs("s3", check)
    running = Running(service, wait=False)
    until(lambda: service.probe_port > 0, PATIENCE, "no probes")
    until(lambda: probe(service, "/readyz") == (503, [desk.name, "s3"]), PATIENCE, "ready")
    desk.apply()
    until(lambda: probe(service, "/readyz") == (503, ["s3"]), PATIENCE, "no consumer")
    down[0] = False
    assert probe(service, "/readyz") == (200, [])
    assert probe(service, "/livez") == (200, [])
    running.stop()


def test_a_stuck_handler_is_not_alive(
    desk: Desk, publisher: Publisher, run: Run, census: pytest.MonkeyPatch
) -> None:
    """It holds a message and does not get on: whoever looks after us starts us again."""
    census.setenv("SCANPASS_STUCK_SECONDS", "0.2")
    service = Service("census", read(ServiceSettings))
    go_on = Flag()

    def hang(_event: Event) -> Iterable[Event]:
        go_on.wait(PATIENCE)
        return ()

    service.consume(desk.name, {StudyAvailable: hang}, workers=1)
    run(service)
    assert probe(service, "/livez") == (200, [])
    publisher.publish(available())
    until(lambda: probe(service, "/livez") == (503, [desk.name]), PATIENCE, "it counts as alive")
    go_on.set()
    until(lambda: probe(service, "/livez") == (200, []), PATIENCE, "it counts as dead")


def test_a_drain_does_not_wait_for_ever(
    desk: Desk, publisher: Publisher, census: pytest.MonkeyPatch
) -> None:
    """What does not end in time is left to the broker, which delivers it again."""
    census.setenv("SCANPASS_DRAIN_SECONDS", "0.2")
    service = Service("census", read(ServiceSettings))
    began, go_on = Flag(), Flag()

    def hang(_event: Event) -> Iterable[Event]:
        began.set()
        go_on.wait(PATIENCE)
        return ()

    service.consume(desk.name, {StudyAvailable: hang}, workers=1)
    running = Running(service)
    publisher.publish(available())
    assert began.wait(PATIENCE)
    running.stop()
    until(lambda: desk.depth() == 1, PATIENCE, "the message is lost")
    go_on.set()


@pytest.mark.usefixtures("short_tiers")
def test_what_waits_too_long_for_its_edge_waits_elsewhere(
    desk: Desk,
    publisher: Publisher,
    service: Service,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker would take it back after half an hour; no attempt is counted."""
    monkeypatch.setattr(subscription, "PATIENCE", 0.0)
    down, tried, seen = [True], [], []

    def handle(event: StudyAvailable) -> Iterable[Event]:
        tried.append(event)
        if down[0]:
            edge = "s3"
            raise EdgeDown(edge)
        seen.append(event)
        return ()

    service.consume(desk.name, {StudyAvailable: handle}, workers=1)
    running = run(service)
    publisher.publish(available())
    until(lambda: len(tried) >= 7, PATIENCE, "it does not come back")  # more than five tries
    down[0] = False
    until(lambda: bool(seen), PATIENCE, "it was lost")
    running.stop()
    assert desk.depth() == 0
    assert desk.dead() == []


def test_batches_commit_and_tell(
    desk: Desk, publisher: Publisher, service: Service, run: Run, database: Database
) -> None:
    """Rows and outbox in one transaction; a bad neighbour goes to the dead letters alone."""

    def prepare(event: StudyAvailable) -> str:
        return f"header of {event.revision}"

    def file(event: StudyAvailable, prepared: str, connection: Connection) -> None:
        assert prepared == f"header of {event.revision}"
        outbox.put(connection, "catalogue", event.model_copy(update={"site": "south"}))

    service.consume_batches(
        desk.name, {StudyAvailable: file}, transaction=database.transaction, prepare=prepare
    )
    headers = {"ce-type": "org.scanpass.study.available.v1", "ce-id": "1", "ce-source": "/x"}
    bad = {**headers, "ce-specversion": "1.0"}
    publisher.publish_many([available(revision) for revision in range(120)])
    publisher.send("scanpass.events", "study.available.v1", b"{}", bad)
    publisher.publish_many([available(revision) for revision in range(120, 240)])
    told: list[Any] = []

    def remember(events: Iterable[Event], causations: object) -> None:
        assert causations is not None
        told.extend(events)

    service.every(0.05, "relay", partial(outbox.relay, database, "catalogue", remember))
    running = run(service)
    until(lambda: len(told) >= 240, PATIENCE, "not all were told")
    running.stop()
    assert {event.revision for event in told} == set(range(240))
    assert desk.depth() == 0
    assert [body for _, body in desk.dead()] == [b"{}"]
