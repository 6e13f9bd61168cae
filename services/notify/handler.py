"""What notify does with an event. Nothing is sent here: a row is written, and dispatched later."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeAlias
from uuid import UUID, uuid5

from shared.brought import brought
from shared.crashpoint import reached
from shared.errors import Malformed
from shared.events import Event, Lane, PatientRegistered, StudyHeld, StudyReleased
from shared.events.event import NAMESPACE
from shared.reference import reference

STUDY_RELEASED = "study-released"
STUDIES_RELEASED = "studies-released"  # a digest


@dataclass(frozen=True, slots=True)
class Debt:
    """A letter that somebody is owed: who is told what, because of which event.

    Of a digest it is one study; where no digest is open, the one that opens it.
    """

    kind: str
    site: str
    study_uid: str
    record: UUID
    event_id: UUID
    release: int = 1  # of the study: what its patient's wish had held is released again

    @property
    def delivery(self) -> UUID:
        """Return its identity: one letter a study, record and release, however often told."""
        again = f"|{self.release}" if self.release > 1 else ""
        return uuid5(NAMESPACE, f"{self.kind}|{self.site}|{self.study_uid}|{self.record}{again}")

    @property
    def reference(self) -> str:
        """Return what the letter bears, and `scanpass trace` reads: the study's or the digest's."""
        if self.kind == STUDIES_RELEASED:
            return reference("digest", self.site, str(self.delivery))
        return reference("study", self.site, self.study_uid)

    @property
    def row(self) -> dict[str, Any]:
        """Return it as the table's columns."""
        return asdict(self) | {"delivery": self.delivery, "reference": self.reference}


@dataclass(frozen=True, slots=True)
class Pace:
    """When a digest is due: `quiet` after the last study, at most `longest` after the first."""

    quiet: timedelta
    longest: timedelta


class Debts(Protocol):
    """The deliveries, inside a transaction. Every write may come twice."""

    def owe(self, debt: Debt) -> None:
        """Write the row: due where the patient can be reached, else owed. Again is nothing."""

    def drop(self, debt: Debt) -> None:
        """See that the letter is not sent, unless that was tried. Again is nothing."""

    def gather(self, debt: Debt, pace: Pace) -> None:
        """Add the study to the person's open digest, or open one. Again is nothing."""

    def settle(self, site: str | None = None) -> int:
        """Make due what is owed to patients who can be reached by now; return how many."""


Transaction: TypeAlias = Callable[[], AbstractContextManager[Debts]]


def released(event: StudyReleased, transaction: Transaction, pace: Pace) -> tuple[Event, ...]:
    """Owe the patient one letter about the study; of an old archive one about all of theirs.

    Raises:
        Malformed: nobody knows whose study it is; index never tells such a release.

    """
    if event.record is None:
        msg = "released to nobody"
        raise Malformed(msg)
    if brought(event.site):
        return ()  # whoever brought it need not be told that it came
    whose = (event.site, event.study_uid, event.record, event.id)
    with transaction() as debts:
        if event.lane is Lane.BACKFILL:
            debts.gather(Debt(STUDIES_RELEASED, *whose), pace)
        else:
            debts.owe(Debt(STUDY_RELEASED, *whose, event.release))
        reached("notify.debt.written")
    reached("notify.debt.committed")
    return ()


def held(event: StudyHeld, transaction: Transaction) -> tuple[Event, ...]:
    """Drop the letter about a study that its patient may not see any more, if it was not sent.

    It may be owed only after this was heard: then it is dropped before it begins.
    """
    if event.release and event.record is not None:
        debt = Debt(
            STUDY_RELEASED, event.site, event.study_uid, event.record, event.id, event.release
        )
        with transaction() as debts:
            debts.drop(debt)
    return ()


def registered(event: PatientRegistered, transaction: Transaction) -> tuple[Event, ...]:
    """Settle what is owed at the site.

    Index may file the same roster after this, so the same question is also asked by the clock.
    """
    with transaction() as debts:
        debts.settle(event.site)
        reached("notify.debts.settled")
    return ()
