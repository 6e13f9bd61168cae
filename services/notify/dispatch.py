"""Send what is due: one row at a time is claimed, carried, and marked."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias
from uuid import UUID

import structlog

from services.notify import letter
from services.notify.channels import Channel, Refused
from services.notify.letter import Letter, Patient, Site, Way
from shared import events, metrics
from shared.brought import label
from shared.crashpoint import reached
from shared.errors import EdgeDown
from shared.wording import Wordings

log = structlog.get_logger()

AT_ONCE = 10  # rows a pass, so that a process told to stop is not kept long
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery in our hands: for a minute nobody else takes it."""

    delivery: UUID
    event_id: UUID
    record: UUID
    site_code: str
    attempt: int  # this one counted
    channel: events.Channel
    to: str
    patient: Patient
    site: Site
    reference: str
    kind: str  # `study-released`, `studies-released`
    studies: int | None = None  # that a digest tells of


class Deliveries(Protocol):
    """The deliveries, inside a transaction."""

    def claim(self, channels: Collection[events.Channel]) -> Claim | None:
        """Take the row that has been due longest, and count the attempt.

        Once this is committed, the row is ours for a minute.
        """

    def sent(self, claim: Claim) -> None:
        """Mark it, and tell `notification.sent`; once, whoever else has marked it."""

    def failed(self, claim: Claim, reason: str) -> None:
        """Mark it, and tell `notification.failed`; once."""

    def postpone(self, claim: Claim, wait: timedelta, reason: str) -> None:
        """Let it be due again after `wait`."""


Transaction: TypeAlias = Callable[[], AbstractContextManager[Deliveries]]
Channels: TypeAlias = Mapping[events.Channel, Channel]
# Finds, in a transaction of its own, how the patient gets in.
Ways: TypeAlias = Callable[[Claim], Way]


def dispatch(transaction: Transaction, channels: Channels, ways: Ways, wordings: Wordings) -> bool:
    """Send what is due, and say whether more may be.

    The attempt, and the code in the letter, are committed before anything is sent, and the
    outcome after. A crash between leaves a row that is due again in a minute: then the letter is
    repeated under its own Message-ID, and the attempts say so. A channel that is down is left
    alone for the rest of the pass; its rows wait, and the other channel goes on.
    """
    answering = set(channels)
    for _ in range(AT_ONCE):
        with transaction() as deliveries:
            claim = deliveries.claim(answering)
        if claim is None:
            return False
        reached("notify.letter.claimed")
        words = letter.write(
            claim.patient, claim.site, claim.reference, ways(claim), wordings, claim.studies
        )
        if not carried(claim, words, transaction, channels[claim.channel]):
            answering.discard(claim.channel)
    return True


def carried(claim: Claim, words: Letter, transaction: Transaction, channel: Channel) -> bool:
    """Carry one letter and mark how it went; False where its channel does not answer."""
    try:
        channel.send(claim.delivery, claim.to, words)
    except Refused as refused:
        noted(claim, "failed", refused.code)
        with transaction() as deliveries:
            deliveries.failed(claim, refused.code)
        reached("notify.letter.failed")
        return True
    except EdgeDown as down:
        reason = f"{down.edge}-down"
        noted(claim, "waiting", reason)
        with transaction() as deliveries:
            deliveries.postpone(claim, backoff(claim.attempt), reason)
        reached("notify.letter.postponed")
        return False
    reached("notify.letter.sent")
    noted(claim, "sent")
    with transaction() as deliveries:
        deliveries.sent(claim)
    reached("notify.letter.marked")
    return True


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: 10 s, 20 s, 40 s, … one hour."""
    doublings = min(attempt - 1, 16)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def noted(claim: Claim, state: str, reason: str | None = None) -> None:
    """Log and count an outcome; never to whom."""
    metrics.LETTERS.labels(site=label(claim.site_code), channel=claim.channel, state=state).inc()
    log.info(
        "delivery_tried",
        outcome=state,
        delivery=str(claim.delivery),
        kind=claim.kind,
        site=claim.site_code,
        channel=claim.channel.value,
        attempt=claim.attempt,
        reason=reason,
        reference=claim.reference,
    )
