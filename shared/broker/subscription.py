"""Workers of one queue: each takes a hand of messages, handles it, and settles it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event as Flag
from threading import Thread
from time import monotonic

import structlog

from shared import metrics
from shared.backoff import waits
from shared.broker.feed import Feed
from shared.broker.hand import Delivery, handed_over, settle
from shared.broker.limit import Limit
from shared.broker.publisher import Publisher
from shared.consumer import Judgement, Message, Verdict
from shared.crashpoint import reached
from shared.errors import EdgeDown
from shared.logs import told

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between tries while an edge is down
# Seconds in hand until a message waits elsewhere: the broker takes it back after 30 minutes.
PATIENCE = 600.0
EDGES = ("broker", "database", "s3")  # seen in the metric before one is away


@dataclass(frozen=True, slots=True)
class Plan:
    """How a queue is consumed: `hand` messages at once, after `wait` seconds fewer."""

    queue: str
    handle: Callable[[Sequence[Message]], list[Judgement]]
    workers: int = 1
    prefetch: int = 1
    hand: int = 1
    wait: float = 0.0


class Worker:
    """One thread, and what it does just now."""

    def __init__(
        self, number: int, plan: Plan, feed: Feed, publisher: Publisher, limit: Limit
    ) -> None:
        """Start working."""
        self._limit = limit
        self._plan = plan
        self._feed = feed
        self._publisher = publisher
        self._stopping = Flag()
        self._busy_since: float | None = None
        self.thread = Thread(target=self._work, name=f"{plan.queue} {number}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Finish what is in hand; if it waits for an edge, leave it to the broker."""
        self._stopping.set()

    def alive(self, stuck: float) -> bool:
        """Say whether the thread lives, and has not handled one hand for `stuck` seconds."""
        since = self._busy_since
        return self.thread.is_alive() and (since is None or monotonic() - since < stuck)

    def _work(self) -> None:
        while not self._stopping.is_set():
            hand = self._feed.take(self._plan.hand, self._plan.wait)
            if hand:
                reached("consumer.hand.taken")
            try:
                self._finish(hand)
            except Exception as error:  # noqa: BLE001  unsettled, so the broker delivers it again
                log.error("hand_not_settled", queue=self._plan.queue, error=told(error))
                for delivery in hand:
                    delivery.link.close()

    def _finish(self, hand: list[Delivery]) -> None:
        """Handle and settle `hand`; what waits for an edge stays in hand, and is tried again."""
        pauses = waits(FIRST_PAUSE, LONGEST_PAUSE)
        patience = monotonic() + PATIENCE
        while hand := [delivery for delivery in hand if delivery.here]:
            hand, edge = self._try(hand)
            if not hand or self._stopping.is_set():
                return
            log.warning("consumer_paused", queue=self._plan.queue, edge=edge, messages=len(hand))
            with metrics.PAUSED.labels(queue=self._plan.queue, edge=edge).track_inprogress():
                self._stopping.wait(next(pauses))
            if monotonic() > patience:
                self._hand_over(hand)

    def _try(self, hand: list[Delivery]) -> tuple[list[Delivery], str]:
        """Handle `hand` once, and return what waits, and for which edge."""
        self._busy_since = began = monotonic()
        try:
            judgements = self._plan.handle([delivery.message for delivery in hand])
            metrics.HANDLING_SECONDS.labels(queue=self._plan.queue).observe(monotonic() - began)
            self._count(hand, judgements)
            reached("consumer.hand.handled")
            settle(hand, judgements, self._plan.queue, self._publisher.post, self._limit)
        except EdgeDown as down:
            return hand, down.edge
        finally:
            self._busy_since = None
        waiting = [
            (delivery, judgement.reason)
            for delivery, judgement in zip(hand, judgements, strict=True)
            if judgement.verdict is Verdict.PAUSE
        ]
        return [delivery for delivery, _ in waiting], waiting[0][1] if waiting else ""

    def _hand_over(self, hand: list[Delivery]) -> None:
        """Let `hand` wait in a wait queue, if the broker is there to take it."""
        try:
            self._publisher.post([handed_over(one, self._plan.queue) for one in hand])
        except EdgeDown:
            return
        for delivery in hand:
            delivery.ack()
        hand.clear()

    def _count(self, hand: list[Delivery], judgements: list[Judgement]) -> None:
        for delivery, judgement in zip(hand, judgements, strict=True):
            metrics.MESSAGES_HANDLED.labels(
                queue=self._plan.queue,
                type=delivery.message.type,
                verdict=judgement.verdict.value,
            ).inc()


class Subscription:
    """One queue's feed and its workers."""

    def __init__(self, urls: str, name: str, plan: Plan, publisher: Publisher) -> None:
        """Start consuming; `name` is the service's."""
        self.queue = plan.queue
        for edge in EDGES:
            metrics.PAUSED.labels(queue=plan.queue, edge=edge)
        self._feed = Feed(urls, name, plan.queue, plan.prefetch)
        limit = Limit(plan.queue)
        self._workers = [
            Worker(number, plan, self._feed, publisher, limit) for number in range(plan.workers)
        ]

    def ready(self) -> bool:
        """Say whether the broker delivers to us."""
        return self._feed.consuming

    def alive(self, stuck: float) -> bool:
        """Say whether every thread lives and gets on; one that waits for an edge does."""
        workers = all(worker.alive(stuck) for worker in self._workers)
        return self._feed.keeper.is_alive() and workers

    def stop(self) -> None:
        """Take no more; returns at once."""
        self._feed.stop(len(self._workers))
        for worker in self._workers:
            worker.stop()

    def drained(self, limit: float) -> bool:
        """Wait until nothing is in hand, and close; False if that took longer than `limit`.

        `limit` in monotonic seconds.
        """
        for worker in self._workers:
            worker.thread.join(max(0.0, limit - monotonic()))
        self._feed.close()
        return not any(worker.thread.is_alive() for worker in self._workers)
