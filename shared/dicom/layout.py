"""Where each frame lies in a file, so that one can be had by one ranged read.

Only what is told of the frames is read, not the frames, and nothing of it is believed further than
the file's end: a place that lies outside is refused when it is found.
"""

from array import array
from dataclasses import dataclass
from itertools import pairwise
from os import SEEK_END
from struct import Struct
from typing import BinaryIO, TypeAlias

import numpy as np

from shared.dicom import coding as codings
from shared.dicom.coding import UNDEFINED, VIDEO
from shared.dicom.image import BYTE, Image
from shared.dicom.limits import LIMITS
from shared.dicom.outline import PIXEL_DATA, Element, Outline, Pixels, text
from shared.dicom.pixels import SHARED
from shared.dicom.reader import Reader
from shared.dicom.refusal import Refusal, Unreadable
from shared.dicom.sequences import ITEM, SEQUENCE_END, Dataset, meta
from shared.dicom.walker import MAGIC, PREAMBLE, TRANSFER_SYNTAX_UID, decided

OFFSETS, LENGTHS = 0x7FE00001, 0x7FE00002  # PS3.3 C.7.6.3.1.8
ITEM_HEAD = Struct("<HHL")
QUADS, LONGS = "Q", "I"  # of an extended and of a basic offset table, little endian
Numbers: TypeAlias = "array[int]"  # subscripts it from Python 3.12 on
Piece: TypeAlias = bytes | memoryview
MOST_FRAMES = 2_000_000
# How a compressed frame begins: JPEG and JPEG-LS, JPEG 2000 (both kinds), JP2's signature box.
BEGINNINGS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")


@dataclass(frozen=True, slots=True)
class Layout:
    """How an image lies in its file. `starts` and `lengths` in bytes, of the items of each frame.

    Native pixels have no items: `starts` holds where they begin, and the rest is computed.
    """

    syntax: str
    image: Image
    big_endian: bool
    encapsulated: bool
    starts: Numbers
    lengths: Numbers

    def place(self, number: int) -> tuple[int, int]:
        """Return offset and length of the frame `number`, from 0, in bytes; bits are rounded out.

        Raises:
            IndexError: there is no such frame.

        """
        if not 0 <= number < self.image.frames:
            raise IndexError(number)
        if self.encapsulated:
            return self.starts[number], self.lengths[number]
        bits = frame_bits(self.image)
        first, last = number * bits // BYTE, -(-(number + 1) * bits // BYTE)
        return self.starts[0] + first, last - first


def frame_bits(image: Image) -> int:
    """Return the bits of one native frame; some luminances share their colour."""
    whole = image.rows * image.columns * image.samples * image.bits
    return whole * SHARED.get(image.photometric, 6) // 6  # PS3.3 C.7.6.3.1.2


def layout(file: BinaryIO) -> Layout:
    """Return how the frames of `file` lie.

    Raises:
        Unreadable: it has none, or they cannot be found without reading all of it: `no-pixels`,
            `float-pixels`, `deflated`, `video`, `cannot-parse`, `header-incomplete`.

    """
    try:
        outline, pixels = to_pixels(file)
    except Refusal as why:
        code = "cannot-parse"
        raise Unreadable(code) from why
    if pixels is None or pixels.tag != PIXEL_DATA:
        code = "no-pixels" if pixels is None else "float-pixels"
        raise Unreadable(code)
    if outline.transfer_syntax.startswith(VIDEO):
        code = "video"
        raise Unreadable(code)
    image = Image.of(outline)
    encapsulated = pixels.length == UNDEFINED
    if image.frames > MOST_FRAMES or encapsulated is (outline.transfer_syntax in codings.NATIVE):
        code = "cannot-parse"
        raise Unreadable(code)
    if encapsulated:
        starts, lengths = places(file, outline, pixels.offset, image)
    else:
        starts, lengths = array(QUADS, [pixels.offset]), array(QUADS, [pixels.length])
        if pixels.length * BYTE < frame_bits(image) * image.frames:
            code = "cannot-parse"
            raise Unreadable(code)
    return Layout(outline.transfer_syntax, image, outline.big_endian, encapsulated, starts, lengths)


def to_pixels(file: BinaryIO) -> tuple[Outline, Pixels | None]:
    """Return what stands before the pixels, and where they begin."""
    file.seek(0)
    start = PREAMBLE + len(MAGIC) if file.read(PREAMBLE + len(MAGIC)).endswith(MAGIC) else 0
    reader = Reader(file, LIMITS, at=start)
    info = meta(reader)
    coding, syntax = decided(reader, text(info.get(TRANSFER_SYNTAX_UID)))
    if syntax in codings.DEFLATED:
        code = "deflated"
        raise Unreadable(code)
    reader.start = reader.at
    dataset = Dataset(reader, coding, to_pixels=True)
    dataset.walk()
    outline = Outline(
        preamble=b"",
        meta=info,
        transfer_syntax=syntax,
        elements=dataset.elements,
        pixels=None,
        deflated=False,
        big_endian=coding.big_endian,
        warnings=tuple(reader.warnings),
    )
    return outline, dataset.pixels


def places(file: BinaryIO, outline: Outline, value: int, image: Image) -> tuple[Numbers, Numbers]:
    """Return where the items of each frame begin and how long they are, heads and all.

    By the extended offset table, else by the basic one, else by following the items.
    """
    end = file.seek(0, SEEK_END)
    basic = read(file, value, ITEM_HEAD.size)
    group, element, size = ITEM_HEAD.unpack(basic)
    first = value + ITEM_HEAD.size + size
    if group << 16 | element != ITEM or first > end:
        code = "cannot-parse"
        raise Unreadable(code)
    offsets, lengths = (table(file, outline.elements.get(tag)) for tag in (OFFSETS, LENGTHS))
    if len(offsets) == len(lengths) == image.frames:
        sizes = (ITEM_HEAD.size + length + length % 2 for length in lengths)
        found = list(zip((first + offset for offset in offsets), sizes, strict=True))
    elif size == image.frames * array(LONGS).itemsize:
        starts = [first + at for at in array(LONGS, read(file, value + ITEM_HEAD.size, size))]
        last = sum(length for _, length in items(file, starts[-1], end))
        found = [(at, after - at) for at, after in pairwise([*starts, starts[-1] + last])]
    else:
        found = followed(file, first, end, image.frames)
    if len(found) != image.frames or not all(size > 0 and at + size <= end for at, size in found):
        code = "cannot-parse"
        raise Unreadable(code)
    return array(QUADS, (at for at, _ in found)), array(QUADS, (size for _, size in found))


def read(file: BinaryIO, offset: int, length: int) -> bytes:
    """Return `length` bytes from `offset`."""
    file.seek(offset)
    found = file.read(length)
    if len(found) < length:
        code = "cannot-parse"
        raise Unreadable(code)
    return found


def table(file: BinaryIO, element: Element | None) -> Numbers:
    """Return the numbers of an offset table (OV), none where there is none."""
    if element is None or element.vr not in {"OV", "UN"} or element.length % 8:
        return array(QUADS)
    return array(QUADS, read(file, element.offset, element.length))


def items(file: BinaryIO, at: int, end: int) -> list[tuple[int, int]]:
    """Return offset and length, head and all, of each item from `at` to the delimiter."""
    found: list[tuple[int, int]] = []
    while at + ITEM_HEAD.size <= end and len(found) <= LIMITS.fragments:
        group, element, length = ITEM_HEAD.unpack(read(file, at, ITEM_HEAD.size))
        if group << 16 | element == SEQUENCE_END:
            return found
        if group << 16 | element != ITEM:
            break
        found.append((at, ITEM_HEAD.size + length))
        at += ITEM_HEAD.size + length
    code = "cannot-parse"
    raise Unreadable(code)


def followed(file: BinaryIO, first: int, end: int, frames: int) -> list[tuple[int, int]]:
    """Return where the frames are that no table tells of: an item each, or as their bytes begin."""
    found = items(file, first, end)
    begins = [place for place, _ in enumerate(found)]
    if frames == 1:
        begins = begins[:1]
    elif len(found) != frames:
        begins = [
            place
            for place, (at, length) in enumerate(found)
            if read(file, at + ITEM_HEAD.size, min(16, length - ITEM_HEAD.size)).startswith(
                BEGINNINGS
            )
        ]
    return [
        (found[begin][0], sum(length for _, length in found[begin:after]))
        for begin, after in pairwise([*begins, len(found)])
    ]


def stripped(raw: Piece) -> Piece:
    """Return what the items in `raw` hold, which are those of one frame (PS3.5 §A.4).

    Raises:
        Unreadable: there are others than whole items.

    """
    at, parts = 0, []
    while at < len(raw):
        if at + ITEM_HEAD.size > len(raw):
            break
        group, element, length = ITEM_HEAD.unpack_from(raw, at)
        at += ITEM_HEAD.size
        if group << 16 | element != ITEM or at + length > len(raw):
            break
        parts.append(raw[at : at + length])
        at += length
    else:
        return parts[0] if len(parts) == 1 else b"".join(parts)
    code = "cannot-parse"
    raise Unreadable(code)


def cut(raw: Piece, layout: Layout, number: int) -> Piece:
    """Return the frame `number` in little endian, of native pixels whose `place` holds `raw`.

    Bits that belong to its neighbours are left out (PS3.5 §8.1.1 packs them without gaps), so
    that each frame begins with a whole byte.
    """
    image, bits = layout.image, frame_bits(layout.image)
    if bits % BYTE:
        begin = number * bits % BYTE
        every = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return np.packbits(every[begin : begin + bits], bitorder="little").tobytes()
    if layout.big_endian and image.bits in {16, 32, 64}:
        return np.frombuffer(raw, f">u{image.bits // BYTE}").byteswap().tobytes()
    return raw
