"""May this reader do this with this study? Pure and total: what it knows comes in, at each read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from shared.access.grant import Ended, Grant, Named

LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
    GRANTED = "granted"  # the patient has given it
    ASKED = "asked"  # nothing was read: somebody asks the patient, who decides
    OWN_ADDRESS = "own-address"  # the patient has made an address for a viewer of their own
    SIGNED_OUT = "signed-out"  # no session, or one that has ended
    ABSENT = "absent"  # there is no such study, or it is nobody's yet
    NOT_YOURS = "not-yours"
    NOT_RELEASED = "not-released"  # the patient may see it later
    VIEWING_LOOKS = "viewing-looks"  # a viewer's address does not hand out whole files
    WITHDRAWN = "withdrawn"  # it was given, and taken back
    EXPIRED = "expired"  # it was given until a time that is over
    NOT_BEGUN = "not-begun"  # it is given from a time that is still to come
    NOT_GIVEN = "not-given"  # something else was given
    LOOK_ONLY = "look-only"  # looking was given, and not keeping
    HELD = "held"  # sharing is held by hand
    UNCERTAIN = "uncertain"  # the database is older than what was given or withdrawn


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, as the session or the address says at this moment."""

    person: UUID | None  # None: signed out, or the session has ended
    session: UUID | None = None
    patient: UUID | None = None  # of a viewing: whose pictures it is for, and nobody else's
    guest: UUID | None = None  # who opened a share; then there is no person
    client: bool = False  # an address that was made for a viewer of the guest's own
    own: bool = False  # the patient has made it for themselves: the guest is a program
    staff: UUID | None = None  # who signed in by their hospital; then they are a guest too
    sites: frozenset[str] = frozenset()  # whose staff they are, as long as they are signed in

    @property
    def by_viewing(self) -> bool:
        """Say whether it is a viewer's address that asks, and no session."""
        return self.patient is not None and not self.client

    @property
    def by_grant(self) -> bool:
        """Say whether the reader can see nothing but what a patient has given."""
        return self.guest is not None

    @property
    def nobody(self) -> bool:
        """Say whether nobody is known."""
        return self.person is None and not self.by_grant


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of the study, in the transaction that serves it."""

    record: UUID | None  # None: there is no such study, or it is unassigned
    owner: UUID | None = None  # the person who has claimed the record
    rights: Rights | None = None  # of the reader, as the owner's helper
    available: bool = False
    released: bool = False
    study: Named = ("", "")
    arrived: datetime | None = None  # when the study was first seen
    now: datetime = LONG_AGO
    grants: tuple[Grant, ...] = ()  # to this reader, standing or ended
    held: bool = False  # an operator holds all sharing
    certain: bool = True  # no grant was changed that the database does not know of


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and why."""

    allowed: bool
    because: Because


def may(reader: Reader, action: Action, facts: Facts) -> Decision:
    """Decide. Whatever is not allowed here is refused."""
    if reader.nobody:
        return Decision(allowed=False, because=Because.SIGNED_OUT)
    if facts.record is None:
        return Decision(allowed=False, because=Because.ABSENT)
    relation = related(reader, action, facts)
    if relation not in ALLOWING:
        return Decision(allowed=False, because=relation)
    if reader.by_viewing and action is not Action.LOOK and action is not Action.LIST:
        return Decision(allowed=False, because=Because.VIEWING_LOOKS)
    released = facts.available and facts.released
    # The patient may know of what is held; whoever was given it, as if it were not there.
    if not released and (action is not Action.LIST or reader.by_grant):
        return Decision(allowed=False, because=Because.NOT_RELEASED)
    return Decision(allowed=True, because=relation)


def may_bring(reader: Reader, owner: UUID, rights: Rights | None) -> Decision:
    """Decide whether a reader may bring scans for `owner`, as whose helper they have `rights`."""
    if reader.nobody:
        return Decision(allowed=False, because=Because.SIGNED_OUT)
    if reader.by_grant:
        return Decision(allowed=False, because=Because.NOT_GIVEN)
    if reader.person == owner:
        return Decision(allowed=True, because=Because.OWN)
    if rights is Rights.EVERYTHING:
        return Decision(allowed=True, because=Because.HELPER)
    return Decision(allowed=False, because=Because.NOT_YOURS)


ALLOWING = {Because.OWN, Because.HELPER, Because.GRANTED, Because.OWN_ADDRESS}


def related(reader: Reader, action: Action, facts: Facts) -> Because:
    """Return what the reader is to the patient whose record it is, or why they are nothing."""
    if facts.owner is None or (reader.patient is not None and reader.patient != facts.owner):
        return Because.NOT_YOURS
    if reader.by_grant:
        because = given(reader, action, facts)
        return Because.OWN_ADDRESS if reader.own and because is Because.GRANTED else because
    if reader.person == facts.owner:
        return Because.OWN
    return Because.HELPER if facts.rights is not None else Because.NOT_YOURS


def given(reader: Reader, action: Action, facts: Facts) -> Because:
    """Return `GRANTED` where one of the grants is enough, else why the nearest is not."""
    if facts.held:
        return Because.HELD
    if not facts.certain:
        return Because.UNCERTAIN
    found = [
        of(grant, action, facts)
        for grant in facts.grants
        if grant.giver == facts.owner and meant(grant, reader)
    ]
    return min(found, key=NEAREST.index, default=Because.NOT_YOURS)


def meant(grant: Grant, reader: Reader) -> bool:
    """Say whether a grant is to this reader, who has come by it."""
    if grant.organisation is not None:
        return grant.organisation in reader.sites
    return grant.staff == reader.staff


NEAREST = (
    Because.GRANTED,
    Because.LOOK_ONLY,
    Because.NOT_BEGUN,
    Because.WITHDRAWN,
    Because.EXPIRED,
    Because.NOT_GIVEN,
)


def of(grant: Grant, action: Action, facts: Facts) -> Because:
    """Return whether one grant of the study's owner is enough. A withdrawal wins a tie."""
    if not grant.scope.covers(facts.study, facts.arrived):
        return Because.NOT_GIVEN
    if grant.ended is Ended.WITHDRAWN:
        return Because.WITHDRAWN
    if grant.ended is Ended.EXPIRED or (grant.ends is not None and facts.now >= grant.ends):
        return Because.EXPIRED
    if facts.now < grant.starts:
        return Because.NOT_BEGUN
    if action is Action.KEEP and not grant.keep:
        return Because.LOOK_ONLY
    return Because.GRANTED
