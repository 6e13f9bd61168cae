"""What a search or a look into the catalogue gives back."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of studies ends: the next one starts after it."""

    study_date: date | None
    site: str
    study_uid: str


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study; `patient_name` is a PN value with all groups, in UTF-8."""

    site: str
    study_uid: str
    reference: str
    record: UUID | None  # None: unassigned
    issuer: str | None
    patient_id: str | None
    patient_name: str | None
    patient_birth_date: date | None
    patient_sex: str | None
    study_date: date | None
    study_time: str | None  # TM, as precise as the file tells it
    utc_offset: str | None  # of both, as in `+0100`; None: they are by the site's clock
    studied_at: datetime | None  # both as one moment, in the site's zone
    accession_number: str | None
    study_id: str | None
    description: str | None
    referring_physician: str | None
    modalities: tuple[str, ...]
    state: str  # arriving | available
    revision: int
    series_count: int
    instance_count: int  # presented
    failed_count: int
    conflict_count: int
    expected: int | None  # instances that were declared
    because: str | None
    completeness: str | None
    first_seen: datetime
    last_seen: datetime
    available_at: datetime | None
    released_at: datetime | None
    held_because: str | None  # a `shared.events.Held`
    held_until: datetime | None

    @property
    def position(self) -> Position:
        """Return where this row stands in the order of a search."""
        return Position(self.study_date, self.site, self.study_uid)


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One content that came under a SOP Instance UID, and what transcode told of it."""

    series_uid: str
    sop_uid: str
    sha256: str
    sop_class_uid: str
    transfer_syntax_uid: str
    instance_number: int | None
    size: int  # bytes
    archive_key: str
    marks: tuple[str, ...]
    standing: str  # presented | superseded | conflicting | pending
    conflict: str | None
    received_at: datetime
    outcome: str | None  # transcoded | kept | failed; None: not yet told
    reason: str | None
    served_bucket: str | None
    served_key: str | None
    served_size: int | None  # bytes
    frames: int | None
    codec: str | None


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of a study, with its contents in the order of their instance numbers."""

    series_uid: str
    modality: str | None
    series_number: int | None
    description: str | None
    body_part: str | None
    laterality: str | None
    instance_count: int
    metadata_key: str | None
    contents: tuple[ContentRow, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyPicture:
    """All that the catalogue knows of one study."""

    study: StudyRow
    series: tuple[SeriesRow, ...]
