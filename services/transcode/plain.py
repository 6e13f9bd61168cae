"""A file as Explicit VR Little Endian, whose header can then be kept as it is."""

import shutil
from contextlib import ExitStack, closing
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from pydicom.uid import ExplicitVRLittleEndian

from services.transcode.edit import editable, edited
from services.transcode.turn import Turner
from services.transcode.unfit import Unfit
from shared.dicom import LIMITS, Outline
from shared.dicom.inflate import inflate
from shared.dicom.outline import PIXEL_DATA, number
from shared.dicom.refusal import Unreadable

IN_MEMORY = 8 << 20  # bytes; above, it is on disk
TRANSFER_SYNTAX, BITS_ALLOCATED = 0x00020010, 0x00280100
EXPLICIT = {TRANSFER_SYNTAX: str(ExplicitVRLittleEndian)}
BYTE = 8  # bits


def plain(file: BinaryIO, outline: Outline) -> BinaryIO | None:
    """Return `file` inflated, or in little endian; None where it is neither, or cannot be turned.

    The caller closes it.

    Raises:
        Unreadable: it is deflated, and its meta information is told in a way nobody else does.

    """
    told = editable(outline, EXPLICIT)
    if outline.deflated and not told:
        code = "cannot-parse"
        raise Unreadable(code)
    if not outline.deflated and not (outline.big_endian and told and turnable(outline)):
        return None
    try:
        return written(file, outline)
    except Unfit:
        return None


def written(file: BinaryIO, outline: Outline) -> BinaryIO:
    """Return `file` inflated, or turned into little endian.

    Raises:
        Unfit: it cannot be turned.

    """
    with ExitStack() as failed:
        out = cast("BinaryIO", failed.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY)))
        begin = max(each.offset + each.length for each in outline.meta.values())
        file.seek(0)
        out.write(edited(file.read(begin), outline, EXPLICIT))
        if outline.deflated:
            with closing(inflate(file, size_of(file) - begin, LIMITS)) as dataset:
                dataset.seek(0)
                shutil.copyfileobj(dataset, out)
        else:
            Turner(file, out).dataset(end_of(outline))
        out.seek(0)
        failed.pop_all()  # all is well: the caller closes it
        return out


def size_of(file: BinaryIO) -> int:
    """Return the bytes of `file`, and leave it where it stands."""
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


def end_of(outline: Outline) -> int:
    """Return where the last element ends."""
    return max(each.offset + each.length for each in outline.elements.values())


def turnable(outline: Outline) -> bool:
    """Say whether there is something to gain, and it is clear what the bytes of the pixels are.

    PS3.5 §A.3: what has more than 8 bits is OW, whose words are turned. OB would not be.
    """
    pixels = outline.elements.get(PIXEL_DATA)
    if pixels is None or "transfer-syntax-wrong" in outline.warnings:
        return False
    bits = number(outline.elements.get(BITS_ALLOCATED), big_endian=True)
    return bits == BYTE or (bits == 2 * BYTE and pixels.vr == "OW")
