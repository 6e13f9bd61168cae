"""Tell events to RabbitMQ: nothing counts as told before the broker has confirmed it."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import cycle, zip_longest
from threading import Event as Flag
from threading import Lock, Thread
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from shared.backoff import waits
from shared.broker.envelope import JSON, Outgoing, outgoing
from shared.broker.hosts import hosts
from shared.broker.session import Pending, Session
from shared.crashpoint import reached
from shared.errors import EdgeDown
from shared.events import Event

log = structlog.get_logger()

DEADLINE = 10.0  # seconds; pika itself would wait for ever for a frozen broker's confirm
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0  # seconds between connections


class Publisher:
    """Publishes on a connection of its own; safe to share, and the confirms of all are pipelined.

    Every call returns when the broker has confirmed, or raises `EdgeDown("broker")`: it does not
    answer within the deadline, refuses, or no queue is bound to take the message. After that the
    message may or may not have been told; telling it again is harmless.
    """

    def __init__(self, urls: str, name: str, deadline: float = DEADLINE) -> None:
        """Start connecting to one host of `urls` after the other; `name` is the service's."""
        self._hosts = cycle(hosts(urls, f"{name} publishes"))
        self._deadline = deadline
        self._lock = Lock()
        self._waiting: deque[Pending] = deque()
        self._flush_called = False
        self._session: Session | None = None  # the one that can publish
        self._link_of_now: Session | None = None
        self._closing = Flag()
        self._keeper = Thread(target=self._keep, name=f"publisher {name}", daemon=True)
        self._keeper.start()

    @property
    def connected(self) -> bool:
        """Say whether messages can be published, and `scanpass.events` is there."""
        return self._session is not None

    def publish(self, event: Event, causation: UUID | None = None) -> None:
        """Tell one event; `causation` is the id of the event it follows from."""
        self.post([outgoing(event, causation)])

    def publish_many(self, events: Iterable[Event], causations: Sequence[UUID | None] = ()) -> None:
        """Tell many events, pipelined; returns when all are confirmed."""
        self.post(
            [outgoing(event, cause) for event, cause in zip_longest(events, causations) if event]
        )

    def send_event(self, event: Event, exchange: str, routing_key: str) -> None:
        """Tell an event that is not of the catalogue by another exchange."""
        self.post([outgoing(event, exchange=exchange, routing_key=routing_key)])

    def send(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        headers: dict[str, Any],
        content_type: str = JSON,
    ) -> None:
        """Send a raw message."""
        self.post([Outgoing(exchange, routing_key, body, headers, content_type)])

    def post(self, messages: Sequence[Outgoing]) -> None:
        """Send `messages` in their sequence; returns when all are confirmed.

        Raises:
            EdgeDown: one of them is not.

        """
        batch = [Pending(message) for message in messages]
        with self._lock:
            if self._closing.is_set():
                edge = "broker"
                raise EdgeDown(edge)
            self._waiting.extend(batch)
        self._call_flush()
        reached("publisher.messages.sent")
        limit = monotonic() + self._deadline
        try:
            for pending in batch:
                pending.confirmed.result(max(0.0, limit - monotonic()))
        except TimeoutError:
            self._give_up(batch)
            edge = "broker"
            raise EdgeDown(edge) from None

    def close(self) -> None:
        """Close the connection; what is still unconfirmed fails."""
        with self._lock:
            self._closing.set()
        if self._link_of_now is not None:
            self._link_of_now.link.close()
        self._keeper.join(self._deadline)

    def _give_up(self, batch: Sequence[Pending]) -> None:
        """Take back what was not confirmed in time, and try another connection."""
        late = [pending for pending in batch if pending.confirmed.cancel()]
        for session in {pending.session for pending in late if pending.session}:
            log.warning("broker_confirms_too_late", host=session.link.host, messages=len(late))
            session.link.forsake()

    def _call_flush(self) -> None:
        """Have the I/O thread send what waits; one call for all that came since the last."""
        with self._lock:
            session = self._session
            if session is None or self._flush_called or not self._waiting:
                return
            self._flush_called = session.link.call(lambda: self._flush(session))

    def _flush(self, session: Session) -> None:
        with self._lock:
            self._flush_called = False
            batch = list(self._waiting)
            self._waiting.clear()
        for pending in batch:
            session.publish(pending)

    def _keep(self) -> None:
        """Hold one connection after the other, until closed."""
        pauses = waits(FIRST_WAIT, LONGEST_WAIT)
        while not self._closing.is_set():
            session = self._link_of_now = Session(next(self._hosts), self._begin)
            if self._closing.is_set():
                session.link.close()
            session.link.over.wait()
            with self._lock:
                self._session = None
                self._flush_called = False
            session.fail()
            if session.ready:
                pauses = waits(FIRST_WAIT, LONGEST_WAIT)
            self._closing.wait(next(pauses))
        for pending in self._waiting:
            pending.settle("closed")

    def _begin(self, session: Session) -> None:
        with self._lock:
            if session.link.over.is_set():
                return
            self._session = session
        self._call_flush()
