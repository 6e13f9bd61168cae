"""The records of a DICOMDIR (PS3.3 Annex F): which instances it has of each study."""

from dataclasses import dataclass
from typing import BinaryIO

from shared.dicom import coding as codings
from shared.dicom.coding import UNDEFINED, Coding
from shared.dicom.limits import LIMITS, Limits
from shared.dicom.outline import Element, Outline, number, text
from shared.dicom.reader import Reader
from shared.dicom.refusal import NotDicom
from shared.dicom.sequences import ITEM_END, SEQUENCE_END, Scope, nested, value

FIRST_RECORD = 0x00041200  # Offset of the First Directory Record of the Root Directory Entity
RECORDS = 0x00041220  # Directory Record Sequence
NEXT_RECORD, LOWER_RECORD = 0x00041400, 0x00041420
IN_USE, RECORD_TYPE = 0x00041410, 0x00041430
STUDY_UID, SOP_UID = 0x0020000D, 0x00041511  # Referenced SOP Instance UID in File
INACTIVE = 0x0000  # PS3.3 F.3.2.2: neither the record nor what is below it counts


@dataclass(frozen=True, slots=True)
class Record:
    """One Directory Record; offsets are from the beginning of the file, 0 for none."""

    follows: int
    lower: int
    in_use: bool
    study_uid: str  # of a STUDY record, else empty
    sop_uid: str  # of a record that refers to a file, else empty


def referenced(file: BinaryIO, outline: Outline, limits: Limits = LIMITS) -> dict[str, set[str]]:
    """Return the SOP Instance UIDs of each Study Instance UID; `outline` is the walker's.

    Raises:
        NotDicom: the records cannot be followed from the root, each at most once.
        TooBig: they pass one of `limits`.

    """
    if outline.deflated or outline.big_endian:  # PS3.10 §8.6: explicit little endian
        code = "directory-encoding"
        raise NotDicom(code)
    listed = records(file, outline.elements.get(RECORDS), limits)
    found: dict[str, set[str]] = {}
    waiting = [(offset(outline.elements.get(FIRST_RECORD)), "")]
    while waiting:
        at, study_uid = waiting.pop()
        if not at:
            continue
        record = listed.pop(at, None)
        if record is None:  # no record begins there, or it was met before
            code = "directory-offset"
            raise NotDicom(code)
        waiting.append((record.follows, study_uid))
        if not record.in_use:
            continue
        inside = record.study_uid or study_uid
        waiting.append((record.lower, inside))
        if inside and record.sop_uid:
            found.setdefault(inside, set()).add(record.sop_uid)
    return found


def records(file: BinaryIO, sequence: Element | None, limits: Limits) -> dict[int, Record]:
    """Return every record, by where its item begins."""
    if sequence is None or sequence.vr != "SQ":
        code = "directory-without-records"
        raise NotDicom(code)
    reader = Reader(file, limits, at=sequence.offset)
    end = sequence.offset + sequence.length
    found = {}
    while reader.at < end:
        at = reader.at
        tag, _, length = reader.head(codings.LITTLE, end)
        if tag == SEQUENCE_END:
            break
        bound = end if length == UNDEFINED else reader.at + length
        found[at] = record(item(reader, bound, undefined=length == UNDEFINED))
    return found


def item(reader: Reader, bound: int, *, undefined: bool) -> dict[int, Element]:
    """Return the elements of one item, which the walker has found whole."""
    # Some writers go on in implicit VR; the first element shows which it is.
    coding: Coding = codings.seen(reader.peek(8)) or codings.LITTLE
    found = {}
    while undefined or reader.at < bound:
        tag, vr, length = reader.head(coding, bound)
        if tag == ITEM_END:
            break
        sequence = nested(reader, vr, length, Scope(coding, bound, 1))
        found[tag] = sequence or value(reader, vr, length, bound)
    return found


def record(elements: dict[int, Element]) -> Record:
    """Return what one record says."""
    is_study = text(elements.get(RECORD_TYPE)) == "STUDY"
    return Record(
        follows=offset(elements.get(NEXT_RECORD)),
        lower=offset(elements.get(LOWER_RECORD)),
        in_use=number(elements.get(IN_USE), big_endian=False) != INACTIVE,
        study_uid=text(elements.get(STUDY_UID)) if is_study else "",
        sop_uid=text(elements.get(SOP_UID)),
    )


def offset(element: Element | None) -> int:
    """Return the value of a UL, 0 where there is none."""
    return int.from_bytes((element.value or b"")[:4], "little") if element else 0
