"""Deliveries and channels in memory; the real ones are tested on real servers."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self
from uuid import UUID, uuid4

from services.notify.dispatch import Claim
from services.notify.handler import STUDY_RELEASED, Debt, Pace
from services.notify.letter import Letter, Patient, Site
from shared.events import Channel

SITE = Site("North Hospital", "+1 555 0100", "Mon-Fri 8-18", ("en", "es"), "en")


def a_claim(channel: Channel = Channel.EMAIL, to: str = "jan@patients.example") -> Claim:
    return Claim(
        delivery=uuid4(),
        event_id=uuid4(),
        record=uuid4(),
        site_code="north",
        attempt=0,
        channel=channel,
        to=to,
        patient=Patient("CITIZEN^JAN", "en"),
        site=SITE,
        reference="7F3K-92",
        kind=STUDY_RELEASED,
    )


@dataclass
class MemoryDeliveries:
    """Rows that are due, and what was marked. `committed` says that no transaction is open."""

    due: list[Claim] = field(default_factory=list)
    debts: dict[UUID, Debt] = field(default_factory=dict)
    gathered: dict[UUID, Debt] = field(default_factory=dict)
    dropped: list[UUID] = field(default_factory=list)
    settled: list[str | None] = field(default_factory=list)
    marks: list[tuple[UUID, str, object]] = field(default_factory=list)
    attempts: dict[UUID, int] = field(default_factory=dict)
    committed: bool = True

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Open a transaction of nothing."""
        self.committed = False
        yield self
        self.committed = True

    def owe(self, debt: Debt) -> None:
        """Write the row, once."""
        self.debts.setdefault(debt.delivery, debt)

    def drop(self, debt: Debt) -> None:
        """Note it."""
        self.dropped.append(debt.delivery)

    def gather(self, debt: Debt, pace: Pace) -> None:
        """Note the study, once."""
        assert pace.quiet < pace.longest
        self.gathered.setdefault(debt.delivery, debt)

    def settle(self, site: str | None = None) -> int:
        """Note who was asked for."""
        self.settled.append(site)
        return 0

    def claim(self, channels: Collection[Channel]) -> Claim | None:
        """Take the first row of `channels`, and count the attempt."""
        for claim in self.due:
            if claim.channel in channels:
                self.due.remove(claim)
                self.attempts[claim.delivery] = self.attempts.get(claim.delivery, 0) + 1
                return replace(claim, attempt=self.attempts[claim.delivery])
        return None

    def sent(self, claim: Claim) -> None:
        """Note it."""
        self.marks.append((claim.delivery, "sent", claim.attempt))

    def failed(self, claim: Claim, reason: str) -> None:
        """Note it."""
        self.marks.append((claim.delivery, "failed", reason))

    def postpone(self, claim: Claim, wait: timedelta, reason: str) -> None:
        """Note it."""
        self.marks.append((claim.delivery, reason, wait))


class MemoryChannel:
    """Keeps what it is given, or raises what `answers` says for an address."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        """Start empty; `before` is called before anything is taken."""
        self.before = before
        self.answers: dict[str, Exception] = {}
        self.taken: list[tuple[UUID, str, Letter]] = []

    def send(self, delivery: UUID, to: str, letter: Letter) -> None:
        """Take the letter, or raise."""
        self.before()
        if to in self.answers:
            raise self.answers[to]
        self.taken.append((delivery, to, letter))
