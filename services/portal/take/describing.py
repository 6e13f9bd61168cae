"""What a directory record says of a patient, study, series or file (PS3.3 §F.5). Pure.

Hospitals leave out what a record must have. Such a gap is filled in the record only: the file is
as the hospital sent it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any, TypeAlias

from services.portal.take.record_types import DOCUMENTS, record_type

Header: TypeAlias = Mapping[str, Any]  # DICOM JSON (PS3.18 §F.2)

LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT"})  # PS3.5 §7.1.2
NUMBERS = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d"}
# Values that would be wrong where they stand are taken for gaps (PS3.5 §6.2).
SHAPES = {
    "DA": re.compile(r"[0-9]{8}"),
    "TM": re.compile(r"[0-9]{2}([0-9]{2}){0,2}(\.[0-9]{1,6})?"),
    "IS": re.compile(r"[+-]?[0-9]{1,11}"),
    "CS": re.compile(r"[A-Z0-9_ ]{1,16}"),
    "UI": re.compile(r"[0-9.]{1,64}"),
}
LENGTHS = {"SH": 16, "LO": 64, "PN": 64}  # characters; of PN each group
DAY, HOUR = "19000101", "000000"  # of what has none, as dcmmkdir invents them
LABEL = "UNLABELED"
PRIVATE = "2.25.225413410784372253767717518458967849494"  # Private Record UID: nothing more is told
UNNAMED = {  # Concept Name of a document that has none
    "00080100": {"vr": "SH", "Value": ["1"]},
    "00080102": {"vr": "SH", "Value": ["99SCANPASS"]},
    "00080104": {"vr": "LO", "Value": ["Document"]},
}


@dataclass(frozen=True, slots=True)
class Key:
    """One attribute of a record, of a file's header or instead of it.

    `fill` is what a gap is filled with, an empty text an empty value (type 2), None: left out
    (type 1C). `others` are attributes that are asked where the first has no value.
    """

    tag: int
    vr: str
    fill: Any = ""
    others: tuple[int, ...] = ()


NUMBER = Key(0x00200013, "IS", "1")  # Instance Number; the caller knows a better one
CONTENT = (Key(0x00080023, "DA", DAY, (0x00080020,)), Key(0x00080033, "TM", HOUR, (0x00080030,)))
NAMED = (Key(0x00700080, "CS", LABEL), Key(0x00700081, "LO"), Key(0x00700084, "PN"))
CONCEPT = Key(0x0040A043, "SQ", [UNNAMED])
PATIENT = (Key(0x00100010, "PN"), Key(0x00100020, "LO", "UNKNOWN"))
STUDY = (
    Key(0x00080020, "DA", DAY, (0x00080021, 0x00080022, 0x00080023)),
    Key(0x00080030, "TM", HOUR, (0x00080031, 0x00080032, 0x00080033)),
    *(Key(0x00080050, "SH"), Key(0x00081030, "LO"), Key(0x0020000D, "UI", None)),
    Key(0x00200010, "SH", "1"),
)
SERIES = (Key(0x00080060, "CS", "OT"), Key(0x0020000E, "UI", None), Key(0x00200011, "IS", "1"))
FILES: Mapping[str, tuple[Key, ...]] = {
    "IMAGE": (NUMBER,),
    "STEREOMETRIC": (NUMBER,),
    "RT DOSE": (NUMBER, Key(0x3004000A, "CS", "PLAN")),
    "RT STRUCTURE SET": (
        *(NUMBER, Key(0x30060002, "SH", LABEL), Key(0x30060008, "DA"), Key(0x30060009, "TM")),
    ),
    "RT PLAN": (
        *(NUMBER, Key(0x300A0002, "SH", LABEL), Key(0x300A0006, "DA"), Key(0x300A0007, "TM")),
    ),
    "RT TREAT RECORD": (NUMBER, Key(0x30080250, "DA"), Key(0x30080251, "TM")),
    "PRESENTATION": (
        *(NUMBER, *NAMED, Key(0x00700082, "DA", DAY), Key(0x00700083, "TM", HOUR)),
        *(Key(0x00081115, "SQ", None), Key(0x00700402, "SQ", None)),
    ),
    "SR DOCUMENT": (
        *(NUMBER, *CONTENT, CONCEPT, Key(0x0040A030, "DT", None)),
        *(Key(0x0040A491, "CS", "PARTIAL"), Key(0x0040A493, "CS", "UNVERIFIED")),
    ),
    "KEY OBJECT DOC": (NUMBER, *CONTENT, CONCEPT),
    "ENCAP DOC": (
        *(NUMBER, Key(0x00080023, "DA"), Key(0x00080033, "TM"), Key(0x00420010, "ST")),
        *(Key(0x0040A043, "SQ"), Key(0x0040E001, "ST", None)),
        Key(0x00420012, "LO", "application/octet-stream"),
    ),
    "SPECTROSCOPY": (
        *(NUMBER, *CONTENT, Key(0x00080008, "CS", ["ORIGINAL", "PRIMARY"])),
        *(Key(0x00280008, "IS", "1"), Key(0x00280010, "US", 1), Key(0x00280011, "US", 1)),
        *(Key(0x00289001, "UL", 1), Key(0x00289002, "UL", 1)),
    ),
    "SURFACE SCAN": CONTENT,
    "ASSESSMENT": (*(NUMBER, Key(0x00080012, "DA", DAY, (0x00080020,)), Key(0x00080013, "TM")),),
    "RADIOTHERAPY": (
        *(NUMBER, Key(0x30100033, "SH", None), Key(0x30100034, "LO", None)),
        *(Key(0x00700081, "LO"), Key(0x00700084, "PN")),
    ),
    "PRIVATE": (Key(0x00041432, "UI", PRIVATE),),
    **dict.fromkeys(("WAVEFORM", "RAW DATA", "MEASUREMENT", "SURFACE"), (NUMBER, *CONTENT)),
    **dict.fromkeys(
        ("REGISTRATION", "FIDUCIAL", "VALUE MAP", "TRACT", "ANNOTATION"),
        (NUMBER, *CONTENT, *NAMED),
    ),
}


def kind(sop_class: str, header: Header) -> str:
    """Return the type of a file's record: what is unknown and no picture is private."""
    known = record_type(sop_class)
    if known != "IMAGE" or sop_class.startswith("1.2.840.10008.") or "00280010" in header:
        return known
    return "PRIVATE"


def values(keys: Sequence[Key], header: Header, **fills: str) -> dict[int, bytes]:
    """Return the elements of a record by their tags; `fills` are better fillings of gaps by tag."""
    found = {}
    for key in keys:
        value = told(key, header)
        if not value:
            value = fills.get(f"t{key.tag:08X}", key.fill)
        if value is not None:
            listed = value if isinstance(value, list) else [value]
            found[key.tag] = element(key.tag, key.vr, listed)
    return found


def told(key: Key, header: Header) -> list[Any]:
    """Return the values that the header has, none where they cannot stand in a record."""
    for tag in (key.tag, *key.others):
        said = header.get(f"{tag:08X}", {}).get("Value") or []
        if said and all(each is not None and right(key.vr, each) for each in said):
            return list(said)
    return []


def right(vr: str, value: object) -> bool:
    """Say whether a value can stand where it is wanted."""
    shape = SHAPES.get(vr)
    if shape is not None:
        return shape.fullmatch(str(value).strip()) is not None
    if vr in NUMBERS:
        return isinstance(value, int | float)
    return isinstance(value, dict) or bool(str(value).strip())


def element(tag: int, vr: str, listed: Sequence[Any]) -> bytes:
    """Return an element in Explicit VR Little Endian (PS3.5 §7.1.2)."""
    if vr == "SQ":
        content = b"".join(item(each) for each in listed if each)
    elif vr in NUMBERS:
        content = b"".join(pack(NUMBERS[vr], each) for each in listed)
    else:
        content = "\\".join(text(vr, each) for each in listed).encode()
        content += (b"\0" if vr == "UI" else b" ") * (len(content) % 2)
    head = pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    head += pack("<HI", 0, len(content)) if vr in LONG else pack("<H", len(content))
    return head + content


def item(elements: Header) -> bytes:
    """Return an item of a sequence; what has no text or number in it is left out."""
    content = b"".join(
        element(int(tag, 16), each["vr"], each["Value"])
        for tag, each in sorted(elements.items())
        if each.get("Value") and (each["vr"] not in LONG or each["vr"] == "SQ")
        if None not in each["Value"]
    )
    return pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def text(vr: str, value: object) -> str:
    """Return one value as its text; a longer one than a record may have is cut."""
    most = LENGTHS.get(vr)
    if isinstance(value, dict):  # a name: PS3.18 §F.2.2
        groups = [str(value.get(each, "")) for each in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(each[:most] for each in groups).rstrip("=")
    return str(value).strip()[:most]


assert set(DOCUMENTS) <= set(FILES)  # noqa: S101  every type that is chosen can be written
