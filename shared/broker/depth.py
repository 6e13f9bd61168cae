"""How much waits in a queue, asked with no right but to connect."""

from collections.abc import Iterable

import pika
from pika.exceptions import AMQPError

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
