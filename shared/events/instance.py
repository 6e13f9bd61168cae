"""Events of one SOP instance."""

from datetime import datetime
from enum import StrEnum

from shared.events.event import Code, Event, Sha256, StoredObject, Uid


class Lane(StrEnum):
    """How urgent an object is: dropped today, or ten years of an old archive."""

    LIVE = "live"
    BACKFILL = "backfill"


class InstanceStored(Event):
    """One original is safe in `archive`, and its receipt is written."""

    routing_key = "instance.stored.v1"
    source = "ingest"
    study_uid: Uid
    series_uid: Uid
    sop_uid: Uid
    sop_class_uid: Uid
    modality: str  # a Defined Term of PS3.3 C.7.3.1.1.1, or empty
    transfer_syntax_uid: Uid
    object: StoredObject
    door: Code  # how it came: `bucket`
    received_at: datetime
    lane: Lane
    warnings: tuple[Code, ...] = ()

    @property
    def entity(self) -> str:
        """Return the SOP Instance UID."""
        return self.sop_uid

    @property
    def fact(self) -> str:
        """Return the content's digest."""
        return self.object.sha256


class Outcome(StrEnum):
    """What became of the wish for a fast copy."""

    TRANSCODED = "transcoded"
    KEPT = "kept"
    FAILED = "failed"


class InstanceTranscoded(Event):
    """The object to serve: the fast copy, or the original where that is the best there is."""

    routing_key = "instance.transcoded.v1"
    source = "transcode"
    study_uid: Uid
    series_uid: Uid
    sop_uid: Uid
    original_sha256: Sha256
    outcome: Outcome
    reason: Code | None = None
    object: StoredObject
    frames: int | None = None
    codec: Code | None = None
    pixel_digest: Sha256 | None = None  # of the decoded frames; equal digests are equal pictures
    pipeline_version: int

    @property
    def entity(self) -> str:
        """Return the SOP Instance UID."""
        return self.sop_uid

    @property
    def fact(self) -> str:
        """Return the original's digest and the recoding's version."""
        return f"{self.original_sha256}|{self.pipeline_version}"


class Conflict(StrEnum):
    """Why a content is kept aside for a human."""

    OTHER_PIXELS = "other-pixels"  # same SOP Instance UID, other picture
    OTHER_STUDY = "other-study"  # same SOP Instance UID, under another study
    OTHER_PATIENT = "other-patient"  # same study, under another patient


class InstanceConflicted(Event):
    """A content cannot be shown beside what is there, and a human has to look."""

    routing_key = "instance.conflicted.v1"
    source = "index"
    study_uid: Uid
    sop_uid: Uid
    reason: Conflict
    presented_sha256: Sha256 | None
    other_sha256: Sha256

    @property
    def entity(self) -> str:
        """Return the SOP Instance UID."""
        return self.sop_uid

    @property
    def fact(self) -> str:
        """Return the digest of the content that is kept aside."""
        return self.other_sha256
