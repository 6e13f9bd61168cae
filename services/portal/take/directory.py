"""The DICOMDIR of a set of files, of what the catalogue knows of them (PS3.3 Annex F). Pure.

Records are written in one pass: how long each is is known before its offset is, which has four
bytes wherever it points. Time grows with the number of files, not with its square.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from struct import pack
from typing import Self

from services.portal.take import describing
from services.portal.take.describing import Header, element

DIRECTORY = "1.2.840.10008.1.3.10"  # Media Storage Directory Storage
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"  # PS3.10 §8.6
IMPLEMENTATION = "2.25.225413410784372253767717518458967849493"
FILE_SET = "SCANPASS"
IN_USE = 0xFFFF
BEFORE_TAIL = 8 + 12 + 10 + 12  # bytes: the item, two offsets of four bytes, a flag of two
UTF_8 = element(0x00080005, "CS", ["ISO_IR 192"])  # as the catalogue's headers are


@dataclass(frozen=True, slots=True)
class File:
    """One file: where it lies (`DICOM/00000001`), what it is, and its header as DICOM JSON."""

    path: str
    sop_class: str
    sop: str
    syntax: str
    header: Header


@dataclass
class Record:
    """One record; `tail` is what stands behind its offsets, `below` the records under it."""

    tail: bytes
    below: dict[str, "Record"] = field(default_factory=dict)
    at: int = 0  # where its item begins, in bytes from the beginning of the file

    @classmethod
    def of(cls, kind: str, kept: Mapping[int, bytes]) -> Self:
        """Return a record of the type `kind`, with its elements by their tags."""
        return cls(element(0x00041430, "CS", [kind]) + b"".join(kept[tag] for tag in sorted(kept)))

    @property
    def length(self) -> int:
        """Return how long it is as an item."""
        return BEFORE_TAIL + len(self.tail)

    def written(self, follows: int) -> bytes:
        """Return it as an item; `follows` is the offset of its next sibling, 0 for none."""
        lower = next((each.at for each in self.below.values()), 0)
        content = (
            element(0x00041400, "UL", [follows])
            + element(0x00041410, "US", [IN_USE])
            + element(0x00041420, "UL", [lower])
            + self.tail
        )
        return pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def dicomdir(files: Iterable[File], uid: str) -> bytes:
    """Return the DICOMDIR of `files`; `uid` is its own. Of files of one SOP Instance the first."""
    root = tree(files)
    head = preamble(uid)
    at = len(head) + sum(map(len, top(0, 0))) + 12
    size = 0
    for record in descending(root):
        record.at = at + size
        size += record.length
    roots = list(root.below.values())
    ends = (roots[0].at, roots[-1].at) if roots else (0, 0)
    sequence = pack("<HH2sHI", 0x0004, 0x1220, b"SQ", 0, size)
    body = b"".join(items(root))
    return b"".join((head, *top(*ends), sequence, body))


def tree(files: Iterable[File]) -> Record:
    """Return a record with those of the patients below it, and so on."""
    root, known = Record(b""), set()
    for file in files:
        if file.sop in known:
            continue
        known.add(file.sop)
        patient = under(root, "PATIENT", describing.PATIENT, file, 0x00100020)
        study = under(patient, "STUDY", describing.STUDY, file, 0x0020000D, 0x00200010)
        series = under(study, "SERIES", describing.SERIES, file, 0x0020000E, 0x00200011)
        kind = describing.kind(file.sop_class, file.header)
        number = str(len(series.below) + 1)
        kept = describing.values(describing.FILES[kind], file.header, t00200013=number)
        series.below[file.sop] = Record.of(kind, kept | reference(file) | {0x00080005: UTF_8})
    return root


def under(  # noqa: PLR0913, PLR0917  what a record is made of
    above: Record,
    kind: str,
    keys: tuple[describing.Key, ...],
    file: File,
    told_by: int,
    numbered: int = 0,
) -> Record:
    """Return the record of `kind` that `file` belongs to; the attribute `told_by` tells which."""
    said = file.header.get(f"{told_by:08X}", {}).get("Value") or [""]
    which = str(said[0]).strip()
    if which not in above.below:
        number = str(len(above.below) + 1)
        kept = describing.values(keys, file.header, **{f"t{numbered:08X}": number})
        above.below[which] = Record.of(kind, kept | {0x00080005: UTF_8})
    return above.below[which]


def reference(file: File) -> dict[int, bytes]:
    """Return how a record refers to its file (PS3.3 Table F.3-3)."""
    return {
        0x00041500: element(0x00041500, "CS", file.path.split("/")),
        0x00041510: element(0x00041510, "UI", [file.sop_class]),
        0x00041511: element(0x00041511, "UI", [file.sop]),
        0x00041512: element(0x00041512, "UI", [file.syntax]),
    }


def descending(record: Record) -> Iterator[Record]:
    """Yield every record below, each before what is below it."""
    for each in record.below.values():
        yield each
        yield from descending(each)


def items(record: Record) -> Iterator[bytes]:
    """Yield the records below as items, in the order of `descending`."""
    for each, follows in pairwise((*record.below.values(), None)):
        if each is not None:
            yield each.written(follows.at if follows else 0)
            yield from items(each)


def preamble(uid: str) -> bytes:
    """Return what stands before the dataset (PS3.10 §7.1)."""
    meta = (
        pack("<HH2sHI2s", 0x0002, 0x0001, b"OB", 0, 2, b"\0\1")
        + element(0x00020002, "UI", [DIRECTORY])
        + element(0x00020003, "UI", [uid])
        + element(0x00020010, "UI", [EXPLICIT_LITTLE])
        + element(0x00020012, "UI", [IMPLEMENTATION])
        + element(0x00020013, "SH", [FILE_SET])
    )
    return bytes(128) + b"DICM" + element(0x00020000, "UL", [len(meta)]) + meta


def top(first: int, last: int) -> tuple[bytes, ...]:
    """Return what stands before the records; `first` and `last` are offsets of root records."""
    return (
        element(0x00041130, "CS", [FILE_SET]),
        element(0x00041200, "UL", [first]),
        element(0x00041202, "UL", [last]),
        element(0x00041212, "US", [0]),  # File-set Consistency: no known inconsistencies
    )
