"""Keep one consumer at the broker, and hand out what it delivers."""

from collections.abc import Callable
from itertools import cycle
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread
from time import monotonic

import pika
import structlog
from pika.channel import Channel

from shared import metrics
from shared.backoff import waits
from shared.broker.envelope import message
from shared.broker.hand import Delivery
from shared.broker.hosts import hosts
from shared.broker.link import Link

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # seconds between connections


class Feed:
    """The deliveries of one queue, over one connection after the other.

    The queue is declared passively, which needs no right to configure. When the broker cancels
    the consumer (a queue deleted, a leader moved) the connection is made anew: a consumer that
    only looks alive would wait for ever.
    """

    def __init__(self, urls: str, name: str, queue: str, prefetch: int) -> None:
        """Start consuming `queue`, with at most `prefetch` messages unacknowledged."""
        self.queue = queue
        self.consuming = False
        self._prefetch = prefetch
        self._hosts = cycle(hosts(urls, f"{name} consumes {queue}"))
        self._deliveries: SimpleQueue[Delivery | None] = SimpleQueue()
        self._link: Link | None = None
        self._channel: Channel | None = None
        self._closing = Flag()
        self.keeper = Thread(target=self._keep, name=f"feed {queue}", daemon=True)
        self.keeper.start()

    def take(self, most: int, wait: float) -> list[Delivery]:
        """Return at least one and at most `most` messages; none once stopped.

        After the first, `wait` seconds are left for others to come.
        """
        taken: list[Delivery] = []
        limit: float | None = None
        while len(taken) < most and not self._closing.is_set():
            try:
                left = None if limit is None else max(0.0, limit - monotonic())
                delivery = self._deliveries.get(timeout=left)
            except Empty:
                break
            if delivery is not None and delivery.here:
                taken.append(delivery)
                limit = limit or monotonic() + wait
        return [] if self._closing.is_set() else taken

    def stop(self, workers: int) -> None:
        """Take no more; what the broker has sent and nobody has begun goes back to the queue."""
        self._closing.set()
        for _ in range(workers):
            self._deliveries.put(None)  # wakes one that waits in `take`
        self._call(lambda channel: channel.basic_cancel(self.queue))
        self._count(consuming=False)

    def close(self) -> None:
        """Close the connection, after the acknowledgements that were called before."""
        if self._link is not None:
            self._link.close()
        self.keeper.join(2 * LONGEST_WAIT)

    def _call(self, action: Callable[[Channel], object]) -> None:
        link, channel = self._link, self._channel
        if link is not None and channel is not None:
            link.call(lambda: action(channel) if channel.is_open else None)

    def _keep(self) -> None:
        """Hold one connection after the other, until closed."""
        pauses = waits(FIRST_WAIT, LONGEST_WAIT)
        while not self._closing.is_set():
            began = monotonic()
            self._link = link = Link(next(self._hosts), self._consume)
            if self._closing.is_set():
                link.close()
            link.over.wait()
            self._count(consuming=False)
            if monotonic() - began > LONGEST_WAIT:
                pauses = waits(FIRST_WAIT, LONGEST_WAIT)
            self._closing.wait(next(pauses))

    def _consume(self, link: Link, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_cancel_callback(lambda _frame: self._cancelled(link))

        def begin(_frame: pika.frame.Method) -> None:
            channel.basic_qos(prefetch_count=self._prefetch)
            channel.basic_consume(
                self.queue,
                lambda *delivery: self._came(link, *delivery),
                consumer_tag=self.queue,
                callback=lambda _frame: self._count(consuming=True),
            )

        channel.queue_declare(self.queue, passive=True, callback=begin)

    def _cancelled(self, link: Link) -> None:
        log.warning("consumer_cancelled_by_broker", queue=self.queue)
        link.close()

    def _came(
        self,
        link: Link,
        channel: Channel,
        method: pika.spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        if method.redelivered:
            metrics.MESSAGES_REDELIVERED.labels(queue=self.queue).inc()
        told = message(properties, body, redelivered=method.redelivered)
        self._deliveries.put(Delivery(told, properties, link, channel, method.delivery_tag))

    def _count(self, *, consuming: bool) -> None:
        self.consuming = consuming
        metrics.CONSUMERS.labels(queue=self.queue).set(int(consuming))
