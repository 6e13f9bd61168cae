"""A broker in memory: the queues of the one table, and what was told into them."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import Any
from uuid import UUID

from shared.broker.envelope import JSON, Outgoing, outgoing
from shared.broker.topology import TOPOLOGY, Binding, Table
from shared.errors import EdgeDown
from shared.events import Event


class MemoryPublisher:
    """`shared.broker.publisher.Publisher`, with queues that are lists."""

    def __init__(self, table: Table = TOPOLOGY) -> None:
        """Start empty, and up."""
        self.down = False
        self.events: list[Event] = []  # that were told to `scanpass.events`, in sequence
        self.queues: dict[str, list[Outgoing]] = {queue.name: [] for queue in table.queues}
        self._table = table

    def publish(self, event: Event, causation: UUID | None = None) -> None:
        """Tell one event."""
        self.post([outgoing(event, causation)])
        self.events.append(event)

    def publish_many(self, events: Iterable[Event], causations: Sequence[UUID | None] = ()) -> None:
        """Tell many events."""
        for event, cause in zip_longest(events, causations):
            if event is not None:
                self.publish(event, cause)

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
        """Put `messages` into every queue bound to take them; into one at least, or raise."""
        lost = [message for message in messages if self.down or not self._routed(message)]
        if lost:
            edge = "broker"
            raise EdgeDown(edge)

    def _routed(self, message: Outgoing) -> bool:
        taken = [
            queue.name
            for queue in self._table.queues
            if any(self._takes(binding, message) for binding in queue.bindings)
        ]
        for name in taken:
            self.queues[name].append(message)
        return bool(taken)

    def _takes(self, binding: Binding, message: Outgoing) -> bool:
        if binding.exchange != message.exchange:
            return False
        kinds = {exchange.name: exchange.kind for exchange in self._table.exchanges}
        match kinds[binding.exchange]:
            case "fanout":
                return True
            case "direct":
                return binding.routing_key == message.routing_key
            case _:
                return matches(binding.routing_key, message.routing_key)


def matches(pattern: str, routing_key: str) -> bool:
    """Say whether a topic exchange would route `routing_key` to a binding with `pattern`.

    `#` alone is everything; `*` is one word.
    """
    if pattern == "#":
        return True
    words, wanted = routing_key.split("."), pattern.split(".")
    return len(words) == len(wanted) and all(map(fnmatchcase, words, wanted))
