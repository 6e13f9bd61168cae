"""What a dropped object is, or why it is nothing of ours. Pure: a file in, facts out.

The site is not asked of the file: it comes from where the file was dropped.
"""

import re
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO, TypeAlias

from services.ingest import declared
from services.ingest.declared import Declaration, NotADeclaration
from services.ingest.zipped import Archive, NotUnpacked, archive_of, is_zip
from shared.dicom import LIMITS, Limits, Outline, Refusal, text, walk
from shared.fhir import Bundle, NotARoster
from shared.reasons import Reason

STUDY_UID, SERIES_UID, SOP_UID = 0x0020000D, 0x0020000E, 0x00080018
SOP_CLASS_UID, MODALITY = 0x00080016, 0x00080060
MEDIA_SOP_CLASS_UID, MEDIA_SOP_UID = 0x00020002, 0x00020003
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)  # PS3.5 §9.1, leading zeros let through
UID_LENGTH = 64
TERM = re.compile(r"[A-Z0-9_ ]{0,16}", re.ASCII)  # PS3.5 §6.2: a CS
ROSTER_BYTES = 16 << 20
# What an operating system would run, or a viewer open, if the file lost its name.
EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"PK", b"%PDF")


@dataclass(frozen=True, slots=True)
class Instance:
    """One SOP instance, as far as its key and its event need it."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str
    modality: str
    transfer_syntax_uid: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """So many patients of the hospital."""

    patients: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Not to be let in; `instance` is what a person may release it as."""

    reason: Reason
    instance: Instance | None = None


Finding: TypeAlias = Instance | Roster | Declaration | Archive | Refused

REASONS = {  # of what the walker says; the rest of its codes are contradictions
    "empty": Reason.EMPTY,
    "no-dicom-magic": Reason.NOT_DICOM,
    "value-past-end": Reason.TRUNCATED,
    "bytes-after-end": Reason.MALFORMED,
    "deflate-cut": Reason.TRUNCATED,
    "pixel-data-short": Reason.TRUNCATED,
    "pixel-data-missing": Reason.PIXELS_MISSING,
    "fragments-missing": Reason.TRUNCATED,
    "file-shorter-than-measured": Reason.TRUNCATED,
    "file-too-big": Reason.FILE_TOO_BIG,
    "header-too-big": Reason.HEADER_TOO_BIG,
    "value-too-big": Reason.HEADER_TOO_BIG,
    "too-deep": Reason.TOO_DEEP,
    "too-many-elements": Reason.TOO_MANY_ELEMENTS,
    "too-many-fragments": Reason.TOO_MANY_ELEMENTS,
    "inflate-bomb": Reason.INFLATE_BOMB,
}


def inspect(file: BinaryIO, limits: Limits = LIMITS, *, manifest: bool = False) -> Finding:
    """Say what `file` is; it must be seekable, and is read from its beginning.

    `manifest` says that its name is that of a manifest, so that no other JSON is looked for in it.
    """
    try:
        outline = walk(file, limits)
    except Refusal as why:
        if why.code == "no-dicom-magic" and manifest:
            return manifest_of(file)
        if why.code == "no-dicom-magic" and like_json(file):
            return roster(file)
        if why.code == "no-dicom-magic" and is_zip(file):
            return archive(file)
        reason = REASONS.get(why.code, Reason.MALFORMED)
        known = instance(why.outline) if why.outline and reason.releasable else None
        return Refused(reason, known if isinstance(known, Instance) else None)
    found = directory(file, outline, limits) if is_directory(outline) else instance(outline)
    if outline.preamble.startswith(EXECUTABLE):
        return Refused(Reason.EXECUTABLE_PREAMBLE, found if isinstance(found, Instance) else None)
    return found


def instance(outline: Outline) -> Instance | Refused:
    """Return who the instance is; its UIDs must be fit to be a key."""
    elements, meta = outline.elements, outline.meta
    sop_class = text(elements.get(SOP_CLASS_UID)) or text(meta.get(MEDIA_SOP_CLASS_UID))
    uids = [text(elements.get(tag)) for tag in (STUDY_UID, SERIES_UID, SOP_UID)]
    uids += [sop_class, outline.transfer_syntax]
    if not all(uids):
        return Refused(Reason.UID_MISSING)
    if not all(UID.fullmatch(uid) and len(uid) <= UID_LENGTH for uid in uids):
        return Refused(Reason.UID_MALFORMED)
    warnings = list(outline.warnings)
    if text(meta.get(MEDIA_SOP_UID)) not in {"", uids[2]}:
        warnings.append("meta-uid-differs")
    modality = text(elements.get(MODALITY))
    if not TERM.fullmatch(modality):
        modality = ""  # no code, so it could be anybody's name
        warnings.append("modality-malformed")
    return Instance(uids[0], uids[1], uids[2], sop_class, modality, uids[4], tuple(warnings))


def is_directory(outline: Outline) -> bool:
    """Say whether it is a DICOMDIR (PS3.10 §8.6), which is no SOP instance to show."""
    classes = (outline.meta.get(MEDIA_SOP_CLASS_UID), outline.elements.get(SOP_CLASS_UID))
    return MEDIA_STORAGE_DIRECTORY in map(text, classes)


def directory(file: BinaryIO, outline: Outline, limits: Limits) -> Declaration | Refused:
    """Return what a DICOMDIR says is to come."""
    try:
        return declared.directory(file, outline, limits)
    except NotADeclaration:
        return Refused(Reason.DIRECTORY_MALFORMED)


def manifest_of(file: BinaryIO) -> Declaration | Refused:
    """Return what a manifest says is to come."""
    try:
        return declared.manifest(file)
    except NotADeclaration:
        return Refused(Reason.MANIFEST_MALFORMED)


def like_json(file: BinaryIO) -> bool:
    """Say whether `file` begins like a JSON object."""
    file.seek(0)
    return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def roster(file: BinaryIO) -> Roster | Refused:
    """Return how many patients a roster has."""
    if file.seek(0, SEEK_END) > ROSTER_BYTES:
        return Refused(Reason.ROSTER_TOO_BIG)
    file.seek(0)
    try:
        return Roster(len(Bundle.patients(file.read())))
    except NotARoster as why:
        other = why.code in {"not-a-bundle", "no-patients"}
        return Refused(Reason.NOT_A_ROSTER if other else Reason.ROSTER_MALFORMED)


def archive(file: BinaryIO) -> Archive | Refused:
    """Return what is to be unpacked."""
    try:
        return archive_of(file)
    except NotUnpacked as why:
        return Refused(why.reason)
