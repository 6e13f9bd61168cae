"""May this reader do this with this study? Pure and total: what it knows comes in, at each read."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    """What a reader wants to do with a study."""

    LIST = "list"  # see that it is there: hospital, date, what was examined
    LOOK = "look"  # pictures, metadata, in our viewers
    KEEP = "keep"  # whole files, to take away


class Rights(StrEnum):
    """What a helper may do for a patient; each includes the one before."""

    SEE = "see"
    SHARE = "share"
    EVERYTHING = "everything"


class Because(StrEnum):
    """Why it was allowed or refused: a code that pages put into words."""

    OWN = "own"  # the patient's own record
    HELPER = "helper"  # someone who helps the patient
    SIGNED_OUT = "signed-out"  # no session, or one that has ended
    ABSENT = "absent"  # there is no such study, or it is nobody's yet
    NOT_YOURS = "not-yours"
    NOT_RELEASED = "not-released"  # the patient may see it later
    VIEWING_LOOKS = "viewing-looks"  # a viewer's address does not hand out whole files


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, as the session says at this moment."""

    person: UUID | None  # None: signed out, or the session has ended
    session: UUID | None = None
    patient: UUID | None = None  # of a viewing: whose pictures it is for, and nobody else's

    @property
    def by_viewing(self) -> bool:
        """Say whether it is a viewer's address that asks, and no session."""
        return self.patient is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of the study, in the transaction that serves it."""

    record: UUID | None  # None: there is no such study, or it is unassigned
    owner: UUID | None = None  # the person who has claimed the record
    rights: Rights | None = None  # of the reader, as the owner's helper
    available: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and why."""

    allowed: bool
    because: Because


def may(reader: Reader, action: Action, facts: Facts) -> Decision:
    """Decide. Whatever is not allowed here is refused."""
    if reader.person is None:
        return Decision(allowed=False, because=Because.SIGNED_OUT)
    if facts.record is None:
        return Decision(allowed=False, because=Because.ABSENT)
    relation = related(reader, facts)
    if relation is None:
        return Decision(allowed=False, because=Because.NOT_YOURS)
    if reader.by_viewing and action is not Action.LOOK and action is not Action.LIST:
        return Decision(allowed=False, because=Because.VIEWING_LOOKS)
    if action is not Action.LIST and not (facts.available and facts.released):
        return Decision(allowed=False, because=Because.NOT_RELEASED)
    return Decision(allowed=True, because=relation)


def related(reader: Reader, facts: Facts) -> Because | None:
    """Return what the reader is to the patient whose record it is, None for a stranger."""
    if facts.owner is None or (reader.by_viewing and reader.patient != facts.owner):
        return None
    if reader.person == facts.owner:
        return Because.OWN
    return Because.HELPER if facts.rights is not None else None
