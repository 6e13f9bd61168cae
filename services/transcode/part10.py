"""Where the parts of a file lie, by the strict walker. Pure: a file in, positions out."""

from dataclasses import dataclass
from typing import BinaryIO

from pydicom.dataset import FileDataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import UID

from services.transcode.plain import TRANSFER_SYNTAX, end_of, plain
from shared.dicom import Outline, Refusal, Truncated, walk
from shared.dicom.coding import LONG_VRS, declared
from shared.dicom.outline import PIXEL_DATA
from shared.dicom.refusal import Unreadable

PIXEL_GROUP, META_LENGTH = 0x7FE0, 0x00020000
DELIMITER_BYTES = 8  # of a Sequence Delimitation Item
LONG, SHORT = 12, 8  # bytes before a value (PS3.5 §7.1.2)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of `file`, in bytes from its start."""

    file: BinaryIO
    outline: Outline
    syntax: UID
    plain: bool  # Explicit VR Little Endian, with a File Meta: its header can be kept as it is
    before: int  # where group 7FE0 begins: pixel data and its offset tables
    value: int | None  # where the pixel data's value begins; None: there is no pixel data
    end: int  # where the value ends, without its delimiter
    after: int  # where whatever follows the pixel data begins
    last: int  # where the last element ends
    encapsulated: bool


def take_apart(file: BinaryIO) -> Parts:
    """Return the parts of `file`, or of what it is in Explicit VR Little Endian.

    Whoever asks closes the `file` of the parts: it may be another one.

    Raises:
        Unreadable: it is not DICOM, or not whole. The door refuses such a file, but a person may
            have let it in.

    """
    outline = whole(file)
    other = plain(file, outline)
    return parts_of(file, outline) if other is None else parts_of(other, whole(other))


def whole(file: BinaryIO) -> Outline:
    """Return the outline of `file`, which is whole."""
    try:
        return walk(file)
    except Truncated as cut:
        code = "cannot-decode"
        raise Unreadable(code) from cut
    except Refusal as refused:
        code = "not-dicom"
        raise Unreadable(code) from refused


def parts_of(file: BinaryIO, outline: Outline) -> Parts:
    """Return what `outline` says of the parts of `file`, which is not deflated."""
    wrong = "transfer-syntax-wrong" in outline.warnings
    explicit = declared(outline.transfer_syntax).explicit is not wrong
    starts = [
        each.offset - (LONG if explicit and each.vr.encode() in LONG_VRS else SHORT)
        for tag, each in outline.elements.items()
        if tag >> 16 == PIXEL_GROUP
    ]
    last = end_of(outline)
    pixels = outline.pixels
    encapsulated = pixels is not None and pixels.fragments is not None
    after = pixels.offset + pixels.length if pixels else last
    return Parts(
        file=file,
        outline=outline,
        syntax=UID(outline.transfer_syntax),
        plain=explicit and not outline.big_endian and meta_sound(outline),
        before=min(starts, default=last),
        value=pixels.offset if pixels and pixels.tag == PIXEL_DATA else None,
        end=after - DELIMITER_BYTES if encapsulated else after,
        after=after,
        last=last,
        encapsulated=encapsulated,
    )


def meta_sound(outline: Outline) -> bool:
    """Say whether the File Meta can be kept: readers stumble over a length of another VR."""
    length = outline.meta.get(META_LENGTH)
    told = length is None or (length.vr, length.length) == ("UL", 4)
    return told and TRANSFER_SYNTAX in outline.meta


def header(parts: Parts) -> FileDataset:
    """Return what stands before group 7FE0.

    Raises:
        Unreadable: pydicom cannot make sense of it.

    """
    try:
        parts.file.seek(0)
        return read_partial(parts.file, stop_when=at_pixels, force=True)
    except MemoryError:
        raise  # our fault, not the file's
    except Exception as cause:  # a foreign parser may raise anything at all
        code = "cannot-parse"
        raise Unreadable(code) from cause


def at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    """Say whether `tag` is the pixel data's, its offset tables', or of what follows."""
    return tag.group >= PIXEL_GROUP
