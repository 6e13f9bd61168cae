"""Elements read one after another from a seekable file, each checked against what is left."""

from dataclasses import dataclass, field
from os import SEEK_END
from struct import Struct
from typing import BinaryIO

from shared.dicom.coding import LONG_VRS, SHORT_VRS, Coding, vr_of, written
from shared.dicom.limits import Limits
from shared.dicom.refusal import NotDicom, TooBig, Truncated

DELIMITERS = 0xFFFE  # PS3.5 §7.5: the group of items and delimiters, which have no VR
ITEM = 0xE000  # the element: of all in that group, only an item has a length
HEADS = {False: Struct("<HHL"), True: Struct(">HHL")}
LONGS = {False: Struct("<L"), True: Struct(">L")}
SHORTS = {False: Struct("<H"), True: Struct(">H")}


@dataclass(slots=True)
class Reader:
    """Where we are, what is left, and what it has cost so far."""

    file: BinaryIO
    limits: Limits
    at: int = 0
    start: int = 0  # where the dataset begins
    end: int = 0
    elements: int = 0
    pixel_bytes: int = 0
    warnings: dict[str, None] = field(default_factory=dict)  # a set that keeps its order

    def __post_init__(self) -> None:
        """Measure the file, and begin at `at`."""
        self.end = self.file.seek(0, SEEK_END)
        self.go(self.at)
        self.start = self.at

    def go(self, position: int) -> None:
        """Stand at `position`."""
        self.at = self.file.seek(position)

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes from here, and stay."""
        data = self.file.read(size)
        self.file.seek(self.at)
        return data

    def take(self, size: int, bound: int) -> bytes:
        """Return the next `size` bytes; they must end at or before `bound`."""
        self.fit(size, bound)
        data = self.file.read(size)
        if len(data) < size:
            code = "file-shorter-than-measured"
            raise Truncated(code)
        self.at += size
        return data

    def fit(self, size: int, bound: int) -> None:
        """Make sure that `size` more bytes end at or before `bound`."""
        if self.at + size > self.end:
            code = "value-past-end"
            raise Truncated(code)
        if self.at + size > bound:
            code = "value-past-its-item"
            raise NotDicom(code)

    def spend(self, size: int) -> None:
        """Make sure that a header that goes on for `size` bytes stays within the limit."""
        self.elements += 1
        if self.elements > self.limits.elements:
            code = "too-many-elements"
            raise TooBig(code)
        if self.at + size - self.start - self.pixel_bytes > self.limits.header:
            code = "header-too-big"
            raise TooBig(code)

    def head(self, coding: Coding, bound: int) -> tuple[int, str, int]:
        """Return the next element's tag, VR (empty for items) and length (`UNDEFINED` if so)."""
        raw = self.take(8, bound)
        group, element, length = HEADS[coding.big_endian].unpack(raw)
        tag = group << 16 | element
        if group == DELIMITERS:
            if length and element != ITEM:  # PS3.5 §7.5: a delimiter has none
                code = "delimiter-with-length"
                raise NotDicom(code)
            return tag, "", length
        if not coding.explicit:
            return tag, vr_of(tag), length
        vr = raw[4:6]
        if vr in LONG_VRS:
            (length,) = LONGS[coding.big_endian].unpack(self.take(4, bound))
        elif vr in SHORT_VRS:
            (length,) = SHORTS[coding.big_endian].unpack(raw[6:8])
        elif written(vr):
            self.warn("vr-unknown")
            (length,) = SHORTS[coding.big_endian].unpack(raw[6:8])
        else:
            code = "vr-missing"
            raise NotDicom(code)
        return tag, vr.decode("ascii"), length

    def warn(self, code: str) -> None:
        """Remember what is odd, once."""
        self.warnings[code] = None
