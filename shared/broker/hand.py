"""What one worker holds of a queue, until every message of it is settled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pika
from pika.channel import Channel

from shared.broker.envelope import ATTEMPT, Outgoing, again
from shared.broker.limit import Limit
from shared.broker.link import Link
from shared.broker.topology import DEAD, TRIES, tier
from shared.consumer import Judgement, Message, Verdict
from shared.crashpoint import reached

PATIENCE = "wait.1m"  # where a message waits whose edge stays down
PAUSED = "wait.10m"  # where it waits when its site has made too many dead letters


@dataclass(frozen=True, eq=False, slots=True)
class Delivery:
    """One message in hand; acknowledged on the channel that delivered it, and no other."""

    message: Message
    properties: pika.BasicProperties = field(repr=False)
    link: Link
    channel: Channel
    tag: int

    @property
    def here(self) -> bool:
        """Say whether it is still ours: the broker gives it to another once the channel is gone."""
        return not self.link.over.is_set()

    def ack(self) -> None:
        """Let the broker forget it; nothing happens if it is not ours any more."""
        self.link.call(self._ack)

    def _ack(self) -> None:
        if self.channel.is_open:
            self.channel.basic_ack(self.tag)


def settle(
    deliveries: Sequence[Delivery],
    judgements: Sequence[Judgement],
    queue: str,
    post: Callable[[list[Outgoing]], None],
    limit: Limit,
) -> None:
    """Do what was judged: what goes elsewhere is confirmed there before it is acknowledged here.

    Raises:
        EdgeDown: the broker does not confirm; nothing of `deliveries` is acknowledged then.

    """
    judged = list(zip(deliveries, judgements, strict=True))
    elsewhere = [moved(delivery, judgement, queue, limit) for delivery, judgement in judged]
    leaving = [message for message in elsewhere if message is not None]
    post(leaving)
    if leaving:
        reached("consumer.hand.moved")
    for delivery, judgement in judged:
        if judgement.verdict is not Verdict.PAUSE:
            delivery.ack()
    reached("consumer.hand.acked")


def moved(delivery: Delivery, judgement: Judgement, queue: str, limit: Limit) -> Outgoing | None:
    """Return the message that goes to a wait queue or to the dead letters, if one does.

    A site over its limit of dead letters makes no more: its message waits, and is tried again.
    """
    attempt = delivery.message.attempt + 1
    match judgement.verdict:
        case Verdict.RETRY if attempt < TRIES:
            return _again(delivery, tier(attempt) or DEAD, queue, **{ATTEMPT: attempt})
        case Verdict.RETRY | Verdict.DEAD if not limit.allows(delivery.message.site):
            return _again(delivery, PAUSED, queue)
        case Verdict.RETRY | Verdict.DEAD:
            marks = {ATTEMPT: attempt, "reason": judgement.reason}
            return _again(delivery, DEAD, queue, **marks, **{"failed-at": _now()})
    return None


def handed_over(delivery: Delivery, queue: str) -> Outgoing:
    """Return the message that waits elsewhere for its edge; no attempt is counted."""
    return _again(delivery, PATIENCE, queue)


def _again(delivery: Delivery, exchange: str, queue: str, **marks: object) -> Outgoing:
    return again(delivery.properties, delivery.message.body, exchange, queue, **marks)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
