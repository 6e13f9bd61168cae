"""What a patient has given: who may do what with which studies, from when until when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

Named: TypeAlias = tuple[str, str]  # site, Study Instance UID
MOST_NAMED = 100  # studies of a scope, so that an event that tells it stays small


class Purpose(StrEnum):
    """What for: codes of HL7 v3 PurposeOfUse."""

    TREATMENT = "TREAT"
    CARE = "COC"  # coordination of care
    FAMILY = "FAMRQT"
    RESEARCH = "HRESCH"
    OWN = "PATRQT"  # the patient asked for it, for themselves


class Ended(StrEnum):
    """How a grant ended."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which studies: those that are named, or everything of `sites` that is there by a time."""

    studies: frozenset[Named] = frozenset()
    everything: bool = False
    sites: frozenset[str] | None = None  # everything: of these alone; None: of all
    arrived_before: datetime | None = None  # everything: None: also what is still to come

    def covers(self, study: Named, arrived: datetime | None) -> bool:
        """Say whether a study, first seen at `arrived`, is within."""
        if not self.everything:
            return study in self.studies
        if self.sites is not None and study[0] not in self.sites:
            return False
        return self.arrived_before is None or (
            arrived is not None and arrived < self.arrived_before
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission, as it is at this moment."""

    giver: UUID  # the patient
    keep: bool  # whole files too; False: pictures in our viewers
    scope: Scope
    starts: datetime
    ends: datetime | None = None  # None: until it is withdrawn
    ended: Ended | None = None  # for good, whatever a clock says later
    # To whom: to staff of a site, or to one of staff; neither: to whoever has come by it.
    organisation: str | None = None
    staff: UUID | None = None
