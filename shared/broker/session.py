"""A link that publishes: numbered, confirmed, and told when nobody was there to take a message."""

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

import pika
import structlog
from pika.channel import Channel
from pika.exceptions import AMQPError

from shared import metrics
from shared.broker.envelope import Outgoing
from shared.broker.link import Link
from shared.broker.topology import EVENTS
from shared.errors import EdgeDown

log = structlog.get_logger()


@dataclass(eq=False)
class Pending:
    """A message, and the promise of its confirm."""

    outgoing: Outgoing
    confirmed: Future[None] = field(default_factory=Future)
    session: "Session | None" = None  # that has sent it
    sent_at: float = 0.0  # monotonic seconds

    def settle(self, failure: str | None = None) -> None:
        """Keep the promise, or break it with `EdgeDown("broker")`; the first word counts."""
        with suppress(InvalidStateError):  # the caller's deadline has passed
            if failure is None:
                self.confirmed.set_result(None)
                metrics.CONFIRM_SECONDS.observe(monotonic() - self.sent_at)
            else:
                edge = "broker"
                self.confirmed.set_exception(EdgeDown(edge))
                metrics.PUBLISHES_FAILED.labels(reason=failure).inc()


class Session:
    """One connection's worth of publishing. All but `fail` runs on the link's I/O thread."""

    def __init__(
        self, parameters: pika.URLParameters, on_ready: Callable[["Session"], None]
    ) -> None:
        """Connect; `on_ready` is called once messages can be confirmed."""
        self.ready = False
        self._on_ready = on_ready
        self._lock = Lock()  # around `_unconfirmed`, which `fail` empties from another thread
        self._unconfirmed: dict[int, Pending] = {}
        self._returned: set[int] = set()
        self._tag = 0
        self._channel: Channel | None = None
        self.link = Link(parameters, self._prepare)

    def publish(self, pending: Pending) -> None:
        """Send one message. Mandatory: it comes back when no queue is bound to take it."""
        if self._channel is None or pending.confirmed.cancelled():
            return
        outgoing, tag = pending.outgoing, self._tag + 1
        pending.session, pending.sent_at = self, monotonic()
        try:
            self._channel.basic_publish(
                outgoing.exchange,
                outgoing.routing_key,
                outgoing.body,
                outgoing.properties(tag),
                mandatory=True,
            )
        except AMQPError:
            pending.settle("connection-lost")
            return
        self._tag = tag
        with self._lock:
            if not self.link.over.is_set():
                self._unconfirmed[tag] = pending
                return
        pending.settle("connection-lost")

    def fail(self) -> None:
        """Break every promise that is still open; for when the link is over."""
        with self._lock:
            lost = list(self._unconfirmed.values())
            self._unconfirmed.clear()
        for pending in lost:
            pending.settle("connection-lost")

    def _prepare(self, _link: Link, channel: Channel) -> None:
        channel.add_on_return_callback(self._came_back)
        channel.confirm_delivery(self._confirmed)
        channel.exchange_declare(
            EVENTS, passive=True, callback=lambda _frame: self._be_ready(channel)
        )

    def _be_ready(self, channel: Channel) -> None:
        self._channel = channel
        self.ready = True
        self._on_ready(self)

    def _came_back(
        self,
        _channel: Channel,
        method: pika.spec.Basic.Return,
        properties: pika.BasicProperties,
        _body: bytes,
    ) -> None:
        """Remember it: its confirm, as if all were well, comes right after."""
        log.error("message_unroutable", exchange=method.exchange, event_id=properties.message_id)
        self._returned.add(int(properties.correlation_id))

    def _confirmed(self, frame: pika.frame.Method) -> None:
        """Settle one message, or all up to it."""
        told = frame.method
        refused = isinstance(told, pika.spec.Basic.Nack)
        with self._lock:
            tags = (
                [tag for tag in self._unconfirmed if tag <= told.delivery_tag]
                if told.multiple
                else [told.delivery_tag]
            )
            settled = [(tag, self._unconfirmed.pop(tag, None)) for tag in tags]
        for tag, pending in settled:
            failure = "refused" if refused else None
            if tag in self._returned:
                self._returned.remove(tag)
                failure = "unroutable"
            if pending is not None:
                pending.settle(failure)
