"""Where each length, tag and value of a good file stands. Independent of the product, and strict.

It reads only files that obey PS3.5; of any other it says that it does not understand it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import calcsize, unpack_from
from typing import Literal, TypeAlias

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA, TRAILING_PADDING, SYNTAX = 0x7FE00010, 0xFFFCFFFC, 0x00020010
LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
SHORT = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT"}
SHORT |= {b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
IMPLICIT, BIG = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2"
DEFLATED = b"1.2.840.10008.1.2.1.99"
META = 2  # the group

Order: TypeAlias = Literal["big", "little"]


class NotUnderstood(Exception):
    """The bytes are not as PS3.5 demands."""


@dataclass(frozen=True, slots=True)
class Length:
    """One length field: `at` and `size` of the field itself, then what it is the length of."""

    at: int
    size: int
    big: bool
    claims: int
    tag: int
    vr: bytes
    begin: int  # of the element, item or delimiter
    start: int  # of the value
    end: int  # of the value and its delimiter
    top: bool  # at the top of the dataset
    fragment: bool = False  # of pixel data, the offset table too

    @property
    def order(self) -> Order:
        """Return the byte order of the field."""
        return "big" if self.big else "little"


@dataclass(slots=True)
class Layout:
    """All length fields in the order of the file, the dataset's beginning and its syntax."""

    lengths: list[Length] = field(default_factory=list)
    dataset: int = 0
    syntax: bytes = b""

    def top(self) -> Iterator[Length]:
        """Yield the elements at the top of the dataset."""
        return (each for each in self.lengths if each.top and each.begin >= self.dataset)

    def find(self, tag: int) -> Length | None:
        """Return the first element with `tag` at the top."""
        return next((each for each in self.lengths if each.top and each.tag == tag), None)


class Plan:
    """One reading of one file."""

    def __init__(self, data: bytes) -> None:
        """Start before the first byte."""
        self.data, self.layout = data, Layout()
        self.explicit, self.big = True, False

    def read(self) -> Layout:
        """Return the layout."""
        data, layout, at = self.data, self.layout, 0
        if data[128:132] == b"DICM":
            at = 132
        while at < len(data) and self.numbers("H", at)[0] == META:
            length = self.head(at, top=True)
            at = length.end
            if length.tag == SYNTAX:
                layout.syntax = data[length.start : length.end].strip(b" \0")
        layout.dataset = at
        if layout.syntax == DEFLATED:
            return layout
        self.explicit = (
            layout.syntax != IMPLICIT if layout.syntax else data[at + 4 : at + 6] in (LONG | SHORT)
        )
        self.big = layout.syntax == BIG
        while at < len(data):
            at = self.head(at, top=True).end
        return layout

    def numbers(self, what: str, at: int) -> tuple[int, ...]:
        """Return numbers in the byte order of this place."""
        form = ">" if self.big else "<"
        if at + calcsize(form + what) > len(self.data):
            raise NotUnderstood
        return unpack_from(form + what, self.data, at)

    def head(self, at: int, *, top: bool = False, fragment: bool = False) -> Length:
        """Read the element or item at `at`, with all that is within."""
        group, number, claims = self.numbers("HHL", at)
        tag, vr, place, size, start = group << 16 | number, b"", at + 4, 4, at + 8
        if group != ITEM >> 16 and self.explicit:
            vr = self.data[at + 4 : at + 6]
            if vr in LONG:
                place, start = at + 8, at + 12
                (claims,) = self.numbers("L", place)
            elif vr in SHORT:
                place, size = at + 6, 2
                (claims,) = self.numbers("H", place)
            else:
                raise NotUnderstood
        where = len(self.layout.lengths)
        end = self.within(tag, vr, start, claims)
        if end > len(self.data):
            raise NotUnderstood
        found = Length(place, size, self.big, claims, tag, vr, at, start, end, top, fragment)
        self.layout.lengths.insert(where, found)
        return found

    def within(self, tag: int, vr: bytes, start: int, claims: int) -> int:
        """Return where the value ends; look into sequences, items and fragments."""
        if tag in {ITEM_END, SEQUENCE_END}:
            if claims:
                raise NotUnderstood
            return start
        undefined, end = claims == UNDEFINED, start + claims
        if tag == ITEM:
            return self.elements(start, end, undefined=undefined)
        if tag == PIXEL_DATA and undefined:
            return self.items(start, end, undefined=True, fragments=True)
        if vr == b"SQ" or undefined:
            if vr not in {b"SQ", b""}:
                raise NotUnderstood  # UN of undefined length: legal, and no source has need of it
            return self.items(start, end, undefined=undefined)
        return end

    def items(self, at: int, end: int, *, undefined: bool, fragments: bool = False) -> int:
        """Read the items of a sequence, or the fragments of pixel data."""
        while undefined or at < end:
            (group, number) = self.numbers("HH", at)
            tag = group << 16 | number
            if tag == SEQUENCE_END and undefined:
                return self.head(at).end
            if tag != ITEM:
                raise NotUnderstood
            if fragments:
                (claims,) = self.numbers("L", at + 4)
                last = at + 8 + claims
                self.layout.lengths.append(
                    Length(
                        at + 4,
                        4,
                        self.big,
                        claims,
                        tag,
                        b"",
                        at,
                        at + 8,
                        last,
                        top=False,
                        fragment=True,
                    )
                )
                at = last
            else:
                at = self.head(at).end
        if at != end:
            raise NotUnderstood
        return at

    def elements(self, at: int, end: int, *, undefined: bool) -> int:
        """Read the elements of an item."""
        while undefined or at < end:
            if undefined and self.numbers("HH", at) == (ITEM_END >> 16, ITEM_END & 0xFFFF):
                return self.head(at).end
            at = self.head(at).end
        if at != end:
            raise NotUnderstood
        return at


def layout(data: bytes) -> Layout:
    """Return the layout of a good file.

    Raises:
        NotUnderstood: PS3.5 is not obeyed to the letter.

    """
    return Plan(data).read()
