"""Events of a study as a whole."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.events.event import Code, Event, StoredObject, Uid
from shared.events.instance import Lane


class Completeness(StrEnum):
    """Whether all is there, as far as anyone can know."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # the time limit passed, and something is missing or still in flight


class Because(StrEnum):
    """Why a study counts as complete."""

    EXPECTED = "expected"  # the number that was announced has come
    QUIET = "quiet"  # nothing more came for a while, and nothing is in flight
    LIMIT = "limit"  # the longest time to wait has passed


class Origin(StrEnum):
    """Who says what is to come."""

    MANIFEST = "manifest"  # the hospital, in a `_COMPLETE.json`
    DICOMDIR = "dicomdir"  # a disc's table of contents, which may know only a part


class StudyDeclared(Event):
    """How many SOP instances of a study are to come; the declaration is safe in `archive`."""

    routing_key = "study.declared.v1"
    source = "ingest"
    study_uid: Uid
    instances: int
    origin: Origin
    object: StoredObject
    declared_at: datetime  # when it was dropped

    @property
    def entity(self) -> str:
        """Return the Study Instance UID."""
        return self.study_uid

    @property
    def fact(self) -> str:
        """Return the declaration's digest."""
        return self.object.sha256


class StudyEvent(Event):
    """What all of them say: which study, whose, in which revision."""

    study_uid: Uid
    record: UUID | None  # None while the patient is not known ("unassigned")
    revision: int

    @property
    def entity(self) -> str:
        """Return the Study Instance UID."""
        return self.study_uid

    @property
    def fact(self) -> str:
        """Return the revision."""
        return str(self.revision)

    @property
    def sequence(self) -> int | None:
        """Return the revision."""
        return self.revision


class StudyAvailable(StudyEvent):
    """A study is complete, as far as anyone can know."""

    routing_key = "study.available.v1"
    source = "index"
    series: int
    instances: int
    failed: int
    expected: int | None = None  # instances that were declared, fewer may have come
    completeness: Completeness
    because: Because


class StudyUpdated(StudyAvailable):
    """Something came after a study had counted as complete."""

    routing_key = "study.updated.v1"


class Held(StrEnum):
    """Why the patient may not see a study yet, although it is there."""

    SITE_REPORT = "site-report"  # the hospital shows it when the report is there
    SITE_TERM = "site-term"  # the hospital waits for some days
    WISH_REPORT = "wish-report"  # the patient wants to see it together with the report
    WISH_CALL = "wish-call"  # the patient wants to be called by a doctor first


class StudyHeld(StudyEvent):
    """The patient may not see the study yet, or, by their own wish, not any more for now."""

    routing_key = "study.held.v1"
    source = "index"
    because: Held
    until: datetime  # at the latest; what it waits for may come before
    hold: int = 1  # of this study, counted
    release: int = 0  # that it takes back; 0: it was not released before

    @property
    def fact(self) -> str:
        """Return whose it is, and which hold."""
        return f"{self.record}|{self.hold}"


class Rule(StrEnum):
    """What let a study go."""

    AT_ONCE = "at-once"  # nothing held it
    REPORT = "report-arrived"
    TERM = "term-over"
    WISH = "wish-changed"  # or the claim behind the wish was undone
    SITE = "rule-changed"  # of the hospital


class StudyReleased(StudyEvent):
    """The patient may see the study: told once, and again only where their wish had held it."""

    routing_key = "study.released.v1"
    source = "index"
    rule: Code  # a `Rule`
    lane: Lane = Lane.LIVE  # backfill: all of the study was dropped as that
    release: int = 1  # of this study, counted

    @property
    def fact(self) -> str:
        """Return whose release it is: later revisions are no new release."""
        return str(self.record) if self.release == 1 else f"{self.record}|{self.release}"
