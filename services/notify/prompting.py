"""Messages that somebody waits for: noted when an event tells of them, and sent within a second."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol, TypeAlias
from uuid import UUID

import structlog

from services.notify import prompt
from services.notify.channels import Refused
from services.notify.dispatch import AT_ONCE, Channels
from services.notify.prompt import Kind, Prompt
from shared import events, metrics
from shared.errors import EdgeDown
from shared.events import (
    AccessRequested,
    Event,
    HelperInvited,
    PersonRecovered,
    ShareAnswered,
    ShareCreated,
    ShareOpened,
    ShareRefused,
    SigninRequested,
)
from shared.wording import Wordings

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(minutes=1)


class Prompts(Protocol):
    """The messages, inside a transaction."""

    def add(self, kind: Kind, asked: UUID) -> None:
        """Have a message sent for a request; again is nothing."""

    def noticed(self, cause: UUID) -> None:
        """Have a message sent to each way that is known; again is nothing."""

    def claim(self, channels: Collection[events.Channel]) -> Prompt | None:
        """Take the row that waits longest, count the attempt, and mint what it will say."""

    def mark(self, asked: UUID, state: str, reason: str | None = None) -> None:
        """Mark how it ended."""

    def postpone(self, asked: Prompt, wait: timedelta, reason: str) -> None:
        """Let it be due again after `wait`."""


Transaction: TypeAlias = Callable[[], AbstractContextManager[Prompts]]


def requested(event: SigninRequested, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a link and six digits to whoever wants to sign in."""
    with transaction() as prompts:
        prompts.add(Kind.SIGNIN, event.signin)
    return ()


def invited(event: HelperInvited, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a code to whoever is asked to help."""
    with transaction() as prompts:
        prompts.add(Kind.HELPER, event.helper)
    return ()


def shared(event: ShareCreated, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a link to whoever a patient shares with, where they gave an address."""
    if event.link is not None:
        with transaction() as prompts:
            prompts.add(Kind.SHARE, event.link)
    return ()


def recovered(event: PersonRecovered, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a word to every number and address of a person whom a sheet let in."""
    with transaction() as prompts:
        prompts.noticed(event.recovery)
    return ()


def opened(event: ShareOpened, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a patient a word when what they share is opened for the first time."""
    with transaction() as prompts:
        prompts.noticed(event.viewing)
    return ()


def answered(event: ShareAnswered, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a patient a word when a reader has answered."""
    with transaction() as prompts:
        prompts.noticed(event.answer)
    return ()


def asked(event: AccessRequested, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a patient a word when somebody asks to look, and who asked one when it is answered."""
    with transaction() as prompts:
        prompts.noticed(event.request)
    return ()


def refused(event: ShareRefused, transaction: Transaction) -> tuple[Event, ...]:
    """Owe a patient a word when what they share is locked."""
    with transaction() as prompts:
        prompts.noticed(event.grant)
    return ()


def dispatch(transaction: Transaction, channels: Channels, wordings: Wordings) -> bool:
    """Send what is due, and say whether more may be.

    As with letters the attempt, and here also what was minted for it, is committed before
    anything is sent. A try that seemed to fail may have arrived: then two messages come, and the
    newer one works.
    """
    answering = set(channels)
    for _ in range(AT_ONCE):
        with transaction() as prompts:
            claimed = prompts.claim(answering)
        if claimed is None:
            return False
        if not carried(claimed, transaction, channels, wordings):
            answering.discard(claimed.channel)
    return True


def carried(
    claimed: Prompt, transaction: Transaction, channels: Channels, wordings: Wordings
) -> bool:
    """Carry one message and mark how it went; False where its channel does not answer."""
    words = prompt.write(claimed, wordings)
    try:
        channels[claimed.channel].send(claimed.message, claimed.to, words)
    except Refused as refused:
        noted(claimed, "failed", refused.code)
        with transaction() as prompts:
            prompts.mark(claimed.id, "failed", refused.code)
        return True
    except EdgeDown as down:
        reason = f"{down.edge}-down"
        noted(claimed, "waiting", reason)
        with transaction() as prompts:
            prompts.postpone(claimed, backoff(claimed.attempt), reason)
        return False
    noted(claimed, "sent")
    with transaction() as prompts:
        prompts.mark(claimed.id, "sent")
    return True


# From the start, so that the first of a kind is an increase too.
for _kind in Kind:
    metrics.PROMPTS.labels(kind=_kind.value, channel="email", state="sent")


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: 3 s, 6 s, 12 s, … one minute."""
    return min(FIRST_WAIT * (1 << min(attempt - 1, 8)), LONGEST_WAIT)


def noted(claimed: Prompt, state: str, reason: str | None = None) -> None:
    """Log and count an outcome; never to whom, and never what."""
    metrics.PROMPTS.labels(kind=claimed.kind, channel=claimed.channel, state=state).inc()
    log.info(
        "prompt_tried",
        outcome=state,
        prompt=str(claimed.id),
        kind=claimed.kind.value,
        channel=claimed.channel.value,
        attempt=claimed.attempt,
        reason=reason,
    )
