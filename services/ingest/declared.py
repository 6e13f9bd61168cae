"""What a hospital says is to come: a `_COMPLETE.json` manifest, or a DICOMDIR. Pure.

Both end as a `Manifest`, so both are held to the same limits.
"""

from typing import Annotated, BinaryIO, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.dicom import LIMITS, Limits, Outline, Refusal
from shared.dicom.directory import referenced
from shared.events import Origin, Uid

SUFFIX = "_COMPLETE.json"  # of the drop key: the one name that the door goes by
MANIFEST_BYTES = 16 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # as Windows writes it
STUDIES = 1000  # a manifest; each is an event and a receipt
SERIES = 10_000  # a study
INSTANCES = 1_000_000  # a study

Count = Annotated[int, Field(ge=1, le=INSTANCES)]


class NotADeclaration(ValueError):
    """The file does not say what is to come. Says nothing of what is in it."""


class Part(BaseModel):
    """What all parts share: strict, frozen, and nothing unknown in them."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class ExpectedSeries(Part):
    """One series that is to come."""

    series_uid: Uid = Field(description="Series Instance UID.")
    instances: Count = Field(description="How many SOP instances it has.")


class ExpectedStudy(Part):
    """One study that is to come. A list beside the count has to agree with it."""

    study_uid: Uid = Field(description="Study Instance UID.")
    instances: Count = Field(description="How many SOP instances the whole study has.")
    sop_uids: tuple[Uid, ...] | None = Field(
        default=None, max_length=INSTANCES, description="All of them, by SOP Instance UID."
    )
    series: tuple[ExpectedSeries, ...] | None = Field(
        default=None, max_length=SERIES, description="All of them, counted by series."
    )

    @model_validator(mode="after")
    def agrees(self) -> Self:
        """Refuse a study whose lists say something else than its count."""
        if self.sop_uids is not None:
            agree(len(set(self.sop_uids)) == len(self.sop_uids) == self.instances)
        if self.series is not None:
            agree(len({one.series_uid for one in self.series}) == len(self.series))
            agree(sum(one.instances for one in self.series) == self.instances)
        return self


class Manifest(Part):
    """What a hospital writes as `_COMPLETE.json`: which studies are to come, how much of each."""

    version: Literal[1]
    studies: tuple[ExpectedStudy, ...] = Field(min_length=1, max_length=STUDIES)

    @model_validator(mode="after")
    def agrees(self) -> Self:
        """Refuse two words on one study."""
        agree(len({one.study_uid for one in self.studies}) == len(self.studies))
        return self


def agree(truth: bool) -> None:  # noqa: FBT001  it is the whole sentence
    """Raise if the parts of a manifest contradict each other."""
    if not truth:
        msg = "the parts contradict each other"
        raise ValueError(msg)


class Declaration(BaseModel):
    """How many SOP instances each study has, by Study Instance UID, and who says so."""

    model_config = ConfigDict(frozen=True)
    origin: Origin
    studies: dict[str, int]


def is_manifest(key: str) -> bool:
    """Say whether a drop key is that of a manifest."""
    return key.endswith(SUFFIX)


def manifest(file: BinaryIO) -> Declaration:
    """Return what a manifest declares.

    Raises:
        NotADeclaration: it is larger than what is taken, or does not fit the schema.

    """
    file.seek(0)
    body = file.read(MANIFEST_BYTES + 1)
    if len(body) > MANIFEST_BYTES:
        raise NotADeclaration
    try:
        told = Manifest.model_validate_json(body.removeprefix(BYTE_ORDER_MARK))
    except ValidationError:
        raise NotADeclaration from None
    return declaration(Origin.MANIFEST, told)


def directory(file: BinaryIO, outline: Outline, limits: Limits = LIMITS) -> Declaration:
    """Return what a DICOMDIR declares, of which `outline` was walked.

    Raises:
        NotADeclaration: its records contradict each other, or name no instance.

    """
    try:
        found = referenced(file, outline, limits)
        told = Manifest(
            version=1,
            studies=tuple(
                ExpectedStudy(study_uid=uid, instances=len(sops), sop_uids=tuple(sorted(sops)))
                for uid, sops in found.items()
            ),
        )
    except (Refusal, ValidationError):
        raise NotADeclaration from None
    return declaration(Origin.DICOMDIR, told)


def declaration(origin: Origin, told: Manifest) -> Declaration:
    """Return the counts of a manifest."""
    return Declaration(
        origin=origin, studies={one.study_uid: one.instances for one in told.studies}
    )
