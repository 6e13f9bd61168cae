"""Events of a dropped object that could not be let in as what it is."""

from datetime import datetime
from enum import StrEnum

from shared.events.event import Code, Event, Sha256, StoredObject


class ObjectQuarantined(Event):
    """The bytes are safe in `quarantine`, with the reason beside them."""

    routing_key = "object.quarantined.v1"
    source = "ingest"
    drop_digest: Sha256  # of the drop key: hospitals put names into keys
    reason: Code
    object: StoredObject

    @property
    def entity(self) -> str:
        """Return the content's digest."""
        return self.object.sha256

    @property
    def fact(self) -> str:
        """Return which drop brought it."""
        return self.drop_digest


class ObjectUnpacked(Event):
    """An archive is kept, and what is ours of its files has come in, each with its own receipt."""

    routing_key = "object.unpacked.v1"
    source = "ingest"
    object: StoredObject
    members: int  # files that were taken in, or quarantined
    foreign: int  # files of a viewer and the like, which are in the archive only

    @property
    def entity(self) -> str:
        """Return the content's digest."""
        return self.object.sha256

    @property
    def fact(self) -> str:
        """Return the content's digest: an archive is unpacked once."""
        return self.object.sha256


class Damage(StrEnum):
    """What is wrong with a stored original."""

    OTHER_BYTES = "other-bytes"  # its SHA-256 is not that of what was received
    MISSING = "missing"


class ObjectDamaged(Event):
    """An original is not what was received: it has to come back from a backup."""

    routing_key = "object.damaged.v1"
    source = "ingest"
    object: StoredObject  # as it was received
    reason: Damage
    found_at: datetime

    @property
    def entity(self) -> str:
        """Return the digest of what was received."""
        return self.object.sha256

    @property
    def fact(self) -> str:
        """Return when it was found: whole again, and damaged again, is another damage."""
        return self.found_at.isoformat()


class Decision(StrEnum):
    """What a person decided about a quarantined object."""

    RELEASE = "release"  # let it in as it is
    REJECT = "reject"  # it stays out; the bytes are kept


class ObjectDecided(Event):
    """A person released or rejected a quarantined object."""

    routing_key = "object.decided.v1"
    source = "ops"
    sha256: Sha256
    drop_digest: Sha256
    decision: Decision
    actor: Code

    @property
    def entity(self) -> str:
        """Return the content's digest."""
        return self.sha256

    @property
    def fact(self) -> str:
        """Return which drop brought it, and the decision."""
        return f"{self.drop_digest}|{self.decision}"
