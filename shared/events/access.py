"""Events of people: who claimed what, who wants to sign in, and what was written into a log."""

from enum import StrEnum
from uuid import UUID

from shared.events.event import Code, Event, Sha256, Site, Uid


class PatientClaimed(Event):
    """A person has proven that a record is theirs, or that of someone they care for."""

    routing_key = "patient.claimed.v1"
    source = "portal"
    claim: UUID
    person: UUID
    record: UUID

    @property
    def entity(self) -> str:
        """Return the record."""
        return str(self.record)

    @property
    def fact(self) -> str:
        """Return the claim."""
        return str(self.claim)


class PatientUnclaimed(PatientClaimed):
    """A claim was undone; what was looked at under it stays in the record's log."""

    routing_key = "patient.unclaimed.v1"


class PersonEvent(Event):
    """Of a person, not of a hospital: `site` is none of any hospital's."""

    site: str = "person"

    @property
    def subject(self) -> str:
        """Return `person/<id>`."""
        return f"person/{self.entity}"


class Wish(StrEnum):
    """When a patient wants to see results."""

    AT_ONCE = "at-once"
    WITH_REPORT = "with-report"
    AFTER_CALL = "after-call"  # when their doctor has called


class ReleaseWished(PersonEvent):
    """A patient has said when they want to see results: of all they claim, or of one study."""

    routing_key = "release.wished.v1"
    source = "portal"
    person: UUID
    wish: Wish
    version: int  # of this person's wishes, counted: the newest holds
    study_site: Site | None = None  # None: of all
    study_uid: Uid | None = None

    @property
    def entity(self) -> str:
        """Return the person."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the version."""
        return str(self.version)

    @property
    def sequence(self) -> int | None:
        """Return the version."""
        return self.version


class SigninRequested(PersonEvent):
    """Someone whose address is known wants to sign in: notify mints link and code, and sends."""

    routing_key = "signin.requested.v1"
    source = "portal"
    signin: UUID

    @property
    def entity(self) -> str:
        """Return the request's id."""
        return str(self.signin)

    @property
    def fact(self) -> str:
        """Return the same: it is asked once."""
        return str(self.signin)


class PersonRecovered(PersonEvent):
    """A person came back with a sheet from a desk: notify tells all their ways of being reached."""

    routing_key = "person.recovered.v1"
    source = "portal"
    recovery: UUID
    person: UUID

    @property
    def entity(self) -> str:
        """Return the person."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the recovery."""
        return str(self.recovery)


class HelperInvited(PersonEvent):
    """A patient asks someone to help: notify mints a code, and sends it to them."""

    routing_key = "helper.invited.v1"
    source = "portal"
    helper: UUID
    patient: UUID

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.patient)

    @property
    def fact(self) -> str:
        """Return the helper's id."""
        return str(self.helper)


class HelperJoined(HelperInvited):
    """A helper has joined, with a sign-in of their own."""

    routing_key = "helper.joined.v1"
    person: UUID
    rights: Code


class HelperLeft(HelperInvited):
    """One of the two has ended it."""

    routing_key = "helper.left.v1"


class AccessRequested(PersonEvent):
    """Somebody asks a patient to let them look, or for more time."""

    routing_key = "access.requested.v1"
    source = "portal"
    person: UUID
    request: UUID

    @property
    def entity(self) -> str:
        """Return the patient."""
        return str(self.person)

    @property
    def fact(self) -> str:
        """Return the request."""
        return str(self.request)


class AccessApproved(AccessRequested):
    """The patient gives what was asked for, or a part of it: `grant`, which tells itself too."""

    routing_key = "access.approved.v1"
    grant: UUID


class AccessDeclined(AccessRequested):
    """The patient has declined."""

    routing_key = "access.declined.v1"


class AccessLogged(Event):
    """An entry of a record's access log: the anchor outside by which a cut tail is found."""

    routing_key = "access.logged.v1"
    source = "portal"
    record: UUID
    seq: int
    hash: Sha256
    action: Code

    @property
    def entity(self) -> str:
        """Return the record."""
        return str(self.record)

    @property
    def fact(self) -> str:
        """Return place and hash."""
        return f"{self.seq}|{self.hash}"

    @property
    def sequence(self) -> int | None:
        """Return the place in the chain."""
        return self.seq
