"""Put other pixel data into a file and leave every other byte as it is. Pure.

Rewriting a header through a parser costs a hundred times as much, and may change it.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from struct import Struct
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import HTJ2KLosslessRPCL

from services.transcode.edit import editable, edited
from services.transcode.part10 import META_LENGTH, PIXEL_GROUP, Parts, header
from services.transcode.plain import TRANSFER_SYNTAX
from shared.dicom.refusal import Unreadable

PREAMBLE, PREFIX = 128, b"DICM"  # PS3.10 §7.1
PIXEL_DATA = (0x7FE0, 0x0010)
OFFSETS, LENGTHS = (0x7FE0, 0x0001), (0x7FE0, 0x0002)  # PS3.3 C.7.6.3.1.8
ITEM, DELIMITER = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)  # PS3.5 §7.5
UNDEFINED = 0xFFFFFFFF
EXPLICIT = Struct("<HH2sHI")
ITEM_HEAD = Struct("<HHI")
NUMBER = Struct("<Q")


def head(parts: Parts, values: Mapping[int, str | int]) -> bytes:
    """Return all that stands before the pixel data, in Explicit VR Little Endian.

    Only the transfer syntax and `values` (tag → value) are others than they were. The preamble is
    zero: a copy never carries a foreign one (it may be an executable's head).
    """
    changes = {TRANSFER_SYNTAX: str(HTJ2KLosslessRPCL), **values}
    if not parts.plain or not editable(parts.outline, changes):
        return rewritten(header(parts), values, before_pixels=True)
    parts.file.seek(0)
    start = edited(parts.file.read(parts.before), parts.outline, changes)
    begin = len(parts.outline.preamble) + len(PREFIX) if parts.outline.preamble else 0
    return bytes(PREAMBLE) + PREFIX + start[begin:]


def tail(parts: Parts) -> bytes:
    """Return all that follows the pixel data, in Explicit VR Little Endian, without padding."""
    parts.file.seek(parts.after)
    rest = parts.file.read(max(parts.last - parts.after, 0))
    if not rest or parts.plain:
        return rest
    return rewritten(parsed_tail(parts, rest), {}, before_pixels=False)


def rewritten(dataset: Dataset, values: Mapping[int, str | int], *, before_pixels: bool) -> bytes:
    """Return `dataset` with `values`, with preamble and Meta if `before_pixels`."""
    try:
        for tag, value in values.items():
            dataset[tag].value = value
        if before_pixels:
            out = BytesIO()
            dataset.file_meta.pop(META_LENGTH, None)  # made anew, whatever VR it had
            dataset.file_meta.TransferSyntaxUID = HTJ2KLosslessRPCL
            dataset.preamble = bytes(PREAMBLE)
            dataset.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
            return out.getvalue()
        rest = DicomBytesIO()
        rest.is_implicit_VR, rest.is_little_endian = False, True
        write_dataset(rest, dataset)
        return rest.getvalue()
    except MemoryError:
        raise
    except Exception as cause:  # a foreign writer may raise anything at all
        code = "cannot-write"
        raise Unreadable(code) from cause


def parsed_tail(parts: Parts, rest: bytes) -> Dataset:
    """Return the elements of `rest`, which stood after the pixel data of `parts`."""
    parts.file.seek(0)
    whole = dcmread(BytesIO(parts.file.read(parts.before) + rest), force=True)
    for tag in [tag for tag in whole if tag.tag.group <= PIXEL_GROUP]:
        del whole[tag.tag]
    return whole


def splice(
    out: BinaryIO,
    parts: Parts,
    frames: int,
    encoded: Iterable[bytes],
    values: Mapping[int, str | int],
) -> None:
    """Write `parts` into `out` with `encoded` frames, one at a time, each found by its offset.

    `values` (tag → value) are written over those of the header.

    The offset tables stand before the frames, so their places are filled in at the end.
    """
    out.write(head(parts, values))
    size = frames * NUMBER.size
    out.write(EXPLICIT.pack(*OFFSETS, b"OV", 0, size))
    offsets_at = out.tell()
    out.write(bytes(size) + EXPLICIT.pack(*LENGTHS, b"OV", 0, size))
    lengths_at = out.tell()
    out.write(bytes(size) + EXPLICIT.pack(*PIXEL_DATA, b"OB", 0, UNDEFINED))  # PS3.5 §A.4
    out.write(ITEM_HEAD.pack(*ITEM, 0))  # no Basic Offset Table beside the extended one
    first = out.tell()
    offsets, lengths = bytearray(), bytearray()
    for frame in encoded:
        padded = frame + b"\0" * (len(frame) % 2)
        offsets += NUMBER.pack(out.tell() - first)
        lengths += NUMBER.pack(len(padded))
        out.write(ITEM_HEAD.pack(*ITEM, len(padded)) + padded)
    out.write(ITEM_HEAD.pack(*DELIMITER, 0) + tail(parts))
    for where, table in ((offsets_at, offsets), (lengths_at, lengths)):
        out.seek(where)
        out.write(table)
    out.seek(0)
