"""How much waits in a queue, asked with no right but to connect."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from shared.broker.hosts import hosts
from shared.errors import EdgeDown


def depths(urls: str, queues: Iterable[str]) -> dict[str, int]:
    """Return the messages ready in each of `queues`, by passive declares.

    Raises:
        EdgeDown: the broker does not answer, or a queue is not there.

    """
    try:
        with pika.BlockingConnection(hosts(urls, "scanpass depths")) as connection:
            channel = connection.channel()
            return {
                name: channel.queue_declare(name, passive=True).method.message_count
                for name in queues
            }
    except (AMQPError, OSError):
        edge = "broker"
        raise EdgeDown(edge) from None


class Depth(NamedTuple):
    """What the broker says of a queue at this moment (its management API is seconds behind)."""

    messages: int  # ready; what a consumer holds is not among them
    consumers: int


def seen(urls: str, queues: Iterable[str]) -> dict[str, Depth]:
    """Return the depth of each of `queues` that is there.

    Raises:
        EdgeDown: the broker does not answer.

    """
    try:
        with pika.BlockingConnection(hosts(urls, "scanpass depths")) as connection:
            return dict(each_seen(connection, queues))
    except (AMQPError, OSError):
        edge = "broker"
        raise EdgeDown(edge) from None


def each_seen(
    connection: pika.BlockingConnection, queues: Iterable[str]
) -> Iterator[tuple[str, Depth]]:
    """Yield the queues that are there; asking for one that is not costs the channel."""
    channel = connection.channel()
    for name in queues:
        try:
            told = channel.queue_declare(name, passive=True).method
        except ChannelClosedByBroker:
            channel = connection.channel()
            continue
        yield name, Depth(told.message_count, told.consumer_count)
