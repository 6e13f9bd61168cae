"""The dead letters, for an operator at a keyboard: look, bring back, throw away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from shared.broker.hosts import hosts
from shared.broker.topology import dead_queue
from shared.errors import EdgeDown

NOT_FOUND = 404
TYPE_PREFIX = "org.scanpass."


@dataclass(frozen=True)
class DeadLetter:
    """A message that nobody could handle, and what is written on it."""

    queue: str  # the work queue it failed in
    id: str  # the event's, or of its content where it has none
    type: str  # without the prefix
    reason: str
    failed_at: str
    body: bytes
    headers: dict[str, Any]


class Graveyard:
    """Dead letters by work queue; one connection, one thread.

    Nothing is taken away by looking: what was got is given back, and a dead queue has no
    delivery limit. While it is looked at, a letter is out of sight of a second operator.
    """

    def __init__(self, urls: str) -> None:
        """Connect.

        Raises:
            EdgeDown: the broker does not answer.

        """
        with translated():
            self.connection = pika.BlockingConnection(hosts(urls, "scanpass dead"))

    def look(self, queue: str, limit: int = 10_000) -> list[DeadLetter]:
        """Return the dead letters of `queue`, the oldest first.

        Raises:
            LookupError: the broker has no such queue.

        """
        found: list[DeadLetter] = []

        def note(letter: DeadLetter, _channel: BlockingChannel) -> bool:
            found.append(letter)
            return False

        self.each(queue, note, limit)
        return found

    def replay(self, queue: str, wanted: Callable[[DeadLetter], bool]) -> list[DeadLetter]:
        """Put the wanted letters back into their work queue, as if they came for the first time."""

        def back(letter: DeadLetter, channel: BlockingChannel) -> bool:
            if not wanted(letter):
                return False
            channel.basic_publish("", queue, letter.body, reborn(letter), mandatory=True)
            return True

        return self.each(queue, back)

    def discard(self, queue: str, wanted: Callable[[DeadLetter], bool]) -> list[DeadLetter]:
        """Remove the wanted letters for good."""
        return self.each(queue, lambda letter, _channel: wanted(letter))

    def each(
        self,
        queue: str,
        done_with: Callable[[DeadLetter, BlockingChannel], bool],
        limit: int = 1_000_000,
    ) -> list[DeadLetter]:
        """Show every letter once to `done_with`; acknowledge those it is done with, return them.

        The others stay unacknowledged until all are seen, or they would come round again;
        closing the channel gives them back.
        """
        gone = []
        with self.channel() as channel:
            for _ in range(limit):
                method, properties, body = channel.basic_get(dead_queue(queue))
                if method is None:
                    break
                letter = dead_letter(queue, properties, body)
                if done_with(letter, channel):
                    channel.basic_ack(method.delivery_tag)
                    gone.append(letter)
        return gone

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """Give a channel that confirms, closed at the end."""
        with translated():
            channel = self.connection.channel()
            channel.confirm_delivery()
            yield channel
            channel.close()

    def close(self) -> None:
        """Close the connection."""
        if self.connection.is_open:
            self.connection.close()


@contextmanager
def translated() -> Iterator[None]:
    """Raise our own errors instead of the driver's."""
    try:
        yield
    except ChannelClosedByBroker as no:
        if no.reply_code == NOT_FOUND:
            raise LookupError from None
        edge = "broker"
        raise EdgeDown(edge) from None
    except AMQPError:  # also a message that was returned or refused: it stays where it was
        edge = "broker"
        raise EdgeDown(edge) from None


def dead_letter(queue: str, properties: pika.BasicProperties, body: bytes) -> DeadLetter:
    """Return a delivery as a dead letter."""
    headers = dict(properties.headers or {})
    told = headers.get("ce-id") or properties.message_id or sha256(body).hexdigest()[:32]
    return DeadLetter(
        queue=queue,
        id=str(told),
        type=str(headers.get("ce-type", "?")).removeprefix(TYPE_PREFIX),
        reason=str(headers.get("reason") or died_of(headers)),
        failed_at=str(headers.get("failed-at", "")),
        body=body,
        headers=headers,
    )


def died_of(headers: dict[str, Any]) -> str:
    """Return the broker's own reason (`delivery_limit`), where no consumer wrote one."""
    deaths = headers.get("x-death") or [{}]
    return str(headers.get("x-first-death-reason") or deaths[0].get("reason", "?"))


def reborn(letter: DeadLetter) -> pika.BasicProperties:
    """Return the properties of a first try: no attempt, no reason, nothing of the broker's own."""
    marks = {"attempt", "reason", "failed-at"}
    headers = {
        name: value
        for name, value in letter.headers.items()
        if name not in marks and not name.startswith("x-")
    }
    return pika.BasicProperties(
        headers=headers, content_type="application/json", delivery_mode=pika.DeliveryMode.Persistent
    )
