"""Events of what patients give and take back: each tells the whole grant, in opaque ids."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.access.grant import MOST_NAMED, Purpose
from shared.events.access import PersonEvent
from shared.events.event import Code, Site, Uid


class Grantee(StrEnum):
    """Who is given something."""

    BEARER = "bearer"  # whoever holds the link, and knows the patient's birth date
    ORGANISATION = "organisation"
    APP = "app"  # a program of the patient's own
    PERSON = "person"  # one of an organisation's staff


class Given(StrEnum):
    """What they may do."""

    LOOK = "look"
    KEEP = "keep"


class Condition(StrEnum):
    """What is asked of them at first."""

    BIRTH_DATE = "birth-date"
    NAME_AND_ROLE = "name-and-role"


class GivenStudy(BaseModel):
    """One study of a scope."""

    model_config = ConfigDict(frozen=True)
    site: Site
    study_uid: Uid


class GivenScope(BaseModel):
    """Which studies: those named (at most 100), or everything (of `sites`, before a time)."""

    model_config = ConfigDict(frozen=True)
    studies: tuple[GivenStudy, ...] = Field(default=(), max_length=MOST_NAMED)
    everything: bool = False
    sites: tuple[Site, ...] | None = None
    arrived_before: datetime | None = None


class GrantEvent(PersonEvent):
    """What all say: the grant as it is after the change, and who changed it.

    `seq` counts the changes of all of a person's grants, so that a missing one is seen; `by` is
    the patient, someone who helps them, or nobody where time did it.
    """

    source = "portal"
    person: UUID
    seq: int
    grant: UUID
    version: int
    grantee_kind: Grantee
    grantee: Site | None
    actions: tuple[Given, ...]
    scope: GivenScope
    purpose: Purpose
    starts: datetime
    ends: datetime | None
    most_uses: int | None
    conditions: tuple[Condition, ...]
    given_by: UUID
    by: UUID | None
    grantee_person: UUID | None = None  # who is given it, of staff

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the grant's version."""
        return f"{self.grant}|{self.version}"

    @property
    def sequence(self) -> int | None:
        """Return the place among the person's changes."""
        return self.seq


class ConsentGranted(GrantEvent):
    """A patient lets an organisation or an app look, until the consent ends or is withdrawn."""

    routing_key = "consent.granted.v1"


class ConsentAmended(GrantEvent):
    """A patient has made a consent narrower."""

    routing_key = "consent.amended.v1"


class ConsentWithdrawn(GrantEvent):
    """A patient has taken a consent back: nothing is read by it from now on."""

    routing_key = "consent.withdrawn.v1"


class ConsentExpired(GrantEvent):
    """The time of a consent is over."""

    routing_key = "consent.expired.v1"


class ShareCreated(GrantEvent):
    """A patient shares; notify mints a link and sends it, where `link` says so."""

    routing_key = "share.created.v1"
    link: UUID | None = None


class ShareAmended(GrantEvent):
    """A patient has given a share more time."""

    routing_key = "share.amended.v1"


class ShareRevoked(GrantEvent):
    """A patient has taken a share back: its links and all that they opened are dead."""

    routing_key = "share.revoked.v1"


class ShareExpired(GrantEvent):
    """The time of a share is over."""

    routing_key = "share.expired.v1"


class ShareOpened(PersonEvent):
    """Somebody has opened a share, with the birth date and a name."""

    routing_key = "share.opened.v1"
    source = "portal"
    person: UUID
    grant: UUID
    guest: UUID
    viewing: UUID

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the viewing."""
        return str(self.viewing)


class ShareAnswered(PersonEvent):
    """A reader of a share or a consent has answered the patient."""

    routing_key = "share.answered.v1"
    source = "portal"
    person: UUID
    grant: UUID
    guest: UUID
    answer: UUID

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the answer."""
        return str(self.answer)


class ConsentOpened(ShareOpened):
    """One of an organisation's staff has opened what a patient lets them look at."""

    routing_key = "consent.opened.v1"


class ShareRefused(PersonEvent):
    """A share is locked: its wrong birth dates are used up."""

    routing_key = "share.refused.v1"
    source = "portal"
    person: UUID
    grant: UUID
    reason: Code

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the grant and the reason: it is told once."""
        return f"{self.grant}|{self.reason}"
