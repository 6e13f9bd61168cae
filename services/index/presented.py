"""Which of several contents under one SOP Instance UID is shown. Pure.

The oldest is the anchor. What has its pixels, study and patient is a revision of its header, and
the newest revision is presented; what has not is kept aside for a human.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.events import Conflict


class Standing(StrEnum):
    """What a content is to the catalogue."""

    PRESENTED = "presented"
    SUPERSEDED = "superseded"  # an older header of the same picture
    CONFLICTING = "conflicting"
    PENDING = "pending"  # not yet known to be one of these: its pixels or the anchor's are not


@dataclass(frozen=True, slots=True)
class Content:
    """One content as it came."""

    sha256: str
    study_uid: str
    record: UUID | None
    received_at: datetime
    settled: bool = False  # transcode has told what it found
    pixel_digest: str | None = None

    @property
    def age(self) -> tuple[datetime, str]:
        """Return what contents are ordered by, oldest first."""
        return self.received_at, self.sha256


@dataclass(frozen=True, slots=True)
class Judged:
    """A content's standing, with the reason where it conflicts."""

    standing: Standing
    conflict: Conflict | None = None


def judge(contents: Iterable[Content], record_of: Mapping[str, UUID | None]) -> dict[str, Judged]:
    """Return the standing of each content, by digest; `record_of` maps studies to patients.

    All `contents` bear one SOP Instance UID, at one site. At most one is presented.
    """
    judged: dict[str, Judged] = {}
    ours: list[Content] = []
    for content in sorted(contents, key=lambda one: one.age):
        if content.record != record_of[content.study_uid]:
            judged[content.sha256] = Judged(Standing.CONFLICTING, Conflict.OTHER_PATIENT)
        else:
            ours.append(content)
    if not ours:
        return judged
    anchor, *others = ours
    revisions = [anchor]
    for content in others:
        judged[content.sha256] = beside(anchor, content)
        if judged[content.sha256].standing is Standing.SUPERSEDED:
            revisions.append(content)
    for content in revisions:
        judged[content.sha256] = Judged(Standing.SUPERSEDED)
    judged[revisions[-1].sha256] = Judged(Standing.PRESENTED)
    return judged


def beside(anchor: Content, content: Content) -> Judged:
    """Return what `content` is to an older one: `SUPERSEDED` for a revision of its header."""
    if content.study_uid != anchor.study_uid:
        return Judged(Standing.CONFLICTING, Conflict.OTHER_STUDY)
    if not (anchor.settled and content.settled):
        return Judged(Standing.PENDING)
    if anchor.pixel_digest is None or anchor.pixel_digest != content.pixel_digest:
        return Judged(Standing.CONFLICTING, Conflict.OTHER_PIXELS)
    return Judged(Standing.SUPERSEDED)
