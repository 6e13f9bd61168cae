"""Datasets, sequences, items and fragments (PS3.5 §7, A.4), as deep as the limits allow."""

from dataclasses import dataclass, field

from shared.dicom import coding as codings
from shared.dicom.coding import UNDEFINED, Coding
from shared.dicom.outline import PIXELS, Element, Pixels
from shared.dicom.reader import Reader
from shared.dicom.refusal import NotDicom, TooBig, Truncated

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
ENDS = {b"\xfe\xff", b"\xff\xfe"}  # the group of items and delimiters, in either byte order
META_GROUP = 0x0002
HELD = 4096  # bytes: longer values are passed over
FRAGMENT_VRS = {"OB", "OW", "OB or OW"}


def meta(reader: Reader) -> dict[int, Element]:
    """Read group 0002, always explicit little endian (PS3.10 §7.1); its own length may lie."""
    found: dict[int, Element] = {}
    while reader.peek(2) == META_GROUP.to_bytes(2, "little"):
        tag, vr, length = reader.head(codings.LITTLE, reader.end)
        found[tag] = value(reader, vr, length, reader.end)
    return found


def value(reader: Reader, vr: str, length: int, bound: int) -> Element:
    """Pass over a value of known length, and keep it if it is short."""
    if length == UNDEFINED:
        code = "length-undefined"
        raise NotDicom(code)
    reader.fit(length, bound)
    reader.spend(length)
    if length > reader.limits.value:
        code = "value-too-big"
        raise TooBig(code)
    if length % 2:
        reader.warn("odd-length")
    offset = reader.at
    if length <= HELD:
        return Element(vr, offset, length, reader.take(length, bound))
    reader.go(offset + length)
    return Element(vr, offset, length, None)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in the file: how it is written here, where what surrounds it ends, how deep."""

    coding: Coding
    bound: int  # position that no value here may pass
    depth: int = 0


@dataclass(slots=True)
class Dataset:
    """The dataset of a file: what is at its top is kept, what is below is only checked."""

    reader: Reader
    coding: Coding
    elements: dict[int, Element] = field(default_factory=dict)
    pixels: Pixels | None = None
    to_pixels: bool = False  # stop where a pixel data's value begins

    def walk(self) -> None:
        """Read every element up to the end of the file, or up to the pixels."""
        reader, last = self.reader, 0
        while reader.at < reader.end:
            if self._padded():
                return
            tag, vr, length = reader.head(self.coding, reader.end)
            if not vr:
                code = "delimiter-out-of-place"
                raise NotDicom(code)
            if tag <= last:
                reader.warn("tags-out-of-order" if tag < last else "tag-repeated")
            last = tag
            if self.to_pixels and tag in PIXELS:
                self.pixels = Pixels(tag, reader.at, length, None)
                return
            self.elements[tag] = self._element(tag, vr, length)

    def _element(self, tag: int, vr: str, length: int) -> Element:
        reader, coding = self.reader, self.coding
        if tag not in PIXELS:
            sequence = nested(reader, vr, length, Scope(coding, reader.end))
            return sequence or value(reader, vr, length, reader.end)
        offset, fragments = reader.at, None
        if length == UNDEFINED:
            fragments = fragmented(reader, coding, reader.end, reader.limits.fragments)
        else:
            reader.fit(length, reader.end)
            reader.go(offset + length)
        length = reader.at - offset
        reader.pixel_bytes += length
        self.pixels = Pixels(tag, offset, length, fragments)
        return Element(vr, offset, length, None)

    def _padded(self) -> bool:
        """Say whether only NULs follow: some writers fill the last block."""
        reader = self.reader
        left = reader.end - reader.at
        if reader.peek(min(left, 8)).strip(b"\0"):
            return False
        if left > reader.limits.padding or reader.peek(left).strip(b"\0"):
            code = "bytes-after-end"
            raise Truncated(code)
        reader.warn("trailing-bytes")
        return True


def nested(reader: Reader, vr: str, length: int, scope: Scope) -> Element | None:
    """Pass over a sequence, or over fragments outside pixel data; None if it is a plain value."""
    undefined = length == UNDEFINED
    if vr != "SQ" and not undefined:
        return None
    offset = reader.at
    if not undefined:
        reader.fit(length, scope.bound)
    reader.spend(0 if undefined else length)
    if undefined and vr in FRAGMENT_VRS:
        fragmented(reader, scope.coding, scope.bound, reader.limits.elements)
    elif vr in {"SQ", "UN"}:
        # PS3.5 §6.2.2: UN of undefined length is a sequence in implicit VR.
        coding = codings.IMPLICIT if vr == "UN" and scope.coding.explicit else scope.coding
        bound = scope.bound if undefined else offset + length
        items(reader, Scope(coding, bound, scope.depth + 1), undefined=undefined)
    else:
        code = "length-undefined"
        raise NotDicom(code)
    return Element(vr, offset, reader.at - offset, None)


def items(reader: Reader, scope: Scope, *, undefined: bool) -> None:
    """Pass over the items of a sequence."""
    if scope.depth > reader.limits.depth:
        code = "too-deep"
        raise TooBig(code)
    while undefined or reader.at < scope.bound:
        tag, _, length = reader.head(scope.coding, scope.bound)
        reader.spend(0)
        if tag == SEQUENCE_END and (undefined or reader.at == scope.bound):
            return
        if tag != ITEM:
            code = "item-expected"
            raise NotDicom(code)
        if length == UNDEFINED:
            item(reader, scope, undefined=True)
        else:
            reader.fit(length, scope.bound)
            inner = Scope(scope.coding, reader.at + length, scope.depth)
            item(reader, inner, undefined=False)


def item(reader: Reader, scope: Scope, *, undefined: bool) -> None:
    """Pass over the elements of one item."""
    scope = Scope(slipped(reader, scope.coding), scope.bound, scope.depth)
    while undefined or reader.at < scope.bound:
        tag, vr, length = reader.head(scope.coding, scope.bound)
        if tag == ITEM_END and (undefined or reader.at == scope.bound):
            reader.spend(0)
            return
        if not vr:
            code = "delimiter-out-of-place"
            raise NotDicom(code)
        if nested(reader, vr, length, scope) is None:
            value(reader, vr, length, scope.bound)


def slipped(reader: Reader, coding: Coding) -> Coding:
    """Return the coding of an item: some writers change it, but for all of an item.

    Within one, an element without a VR is what a length that lies has led to.
    """
    head = reader.peek(8)
    if not coding.explicit:  # explicit within UN
        return codings.LITTLE if codings.seen(head) == codings.LITTLE else coding
    if head[:2] in ENDS or codings.written(head[4:6]):
        return coding
    reader.warn("vr-missing")
    return Coding(explicit=False, big_endian=coding.big_endian)


def fragmented(reader: Reader, coding: Coding, bound: int, most: int) -> int:
    """Pass over encapsulated data (PS3.5 A.4); return the fragments after the offset table."""
    count = -1
    while True:
        tag, _, length = reader.head(coding, bound)
        if tag == SEQUENCE_END:
            return max(count, 0)
        if tag != ITEM or length == UNDEFINED:
            code = "fragment-expected"
            raise NotDicom(code)
        reader.fit(length, bound)
        reader.go(reader.at + length)
        count += 1
        if count > most:
            code = "too-many-fragments"
            raise TooBig(code)
