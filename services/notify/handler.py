"""What notify does with an event. Nothing is sent here: a row is written, and dispatched later."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID, uuid5

from shared.crashpoint import reached
from shared.errors import Malformed
from shared.events import Event, PatientRegistered, StudyReleased
from shared.events.event import NAMESPACE
from shared.reference import reference

STUDY_RELEASED = "study-released"


@dataclass(frozen=True, slots=True)
class Debt:
    """A letter that somebody is owed: who is told what, because of which event."""

    kind: str
    site: str
    study_uid: str
    record: UUID
    event_id: UUID

    @property
    def delivery(self) -> UUID:
        """Return its identity: one letter a study and record, however often it is told."""
        return uuid5(NAMESPACE, f"{self.kind}|{self.site}|{self.study_uid}|{self.record}")

    @property
    def reference(self) -> str:
        """Return what the letter bears, and `scanpass trace` reads: the study's."""
        return reference("study", self.site, self.study_uid)


class Debts(Protocol):
    """The deliveries, inside a transaction. Every write may come twice."""

    def owe(self, debt: Debt) -> None:
        """Write the row: due where the patient can be reached, else owed. Again is nothing."""

    def settle(self, site: str | None = None) -> int:
        """Make due what is owed to patients who can be reached by now; return how many."""


Transaction: TypeAlias = Callable[[], AbstractContextManager[Debts]]


def released(event: StudyReleased, transaction: Transaction) -> tuple[Event, ...]:
    """Owe the patient one letter about the study.

    Raises:
        Malformed: nobody knows whose study it is; index never tells such a release.

    """
    if event.record is None:
        msg = "released to nobody"
        raise Malformed(msg)
    with transaction() as debts:
        debts.owe(Debt(STUDY_RELEASED, event.site, event.study_uid, event.record, event.id))
        reached("notify.debt.written")
    reached("notify.debt.committed")
    return ()


def registered(event: PatientRegistered, transaction: Transaction) -> tuple[Event, ...]:
    """Settle what is owed at the site.

    Index may file the same roster after this, so the same question is also asked by the clock.
    """
    with transaction() as debts:
        debts.settle(event.site)
        reached("notify.debts.settled")
    return ()
