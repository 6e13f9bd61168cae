"""shared.dicom.layout on every public file: each frame lies where pydicom finds it, too."""

import warnings
from io import BytesIO
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from shared.dicom.layout import Layout, cut, layout, stripped
from shared.dicom.refusal import Unreadable
from tests.every_file.sources import files

PUBLIC = [path for name in ("pydicom", "pydicom-data") for _, path in files(name)]
LEAST = 160  # of them have frames


def frames(content: bytes, found: Layout) -> list[bytes]:
    """Return every frame by its own place."""
    raw = [
        content[start : start + length] for start, length in map(found.place, range(count(found)))
    ]
    if found.encapsulated:
        return [bytes(stripped(each)) for each in raw]
    return [bytes(cut(each, found, number)) for number, each in enumerate(raw)]


def count(found: Layout) -> int:
    return found.image.frames


def test_frames_of_public_files_are_where_pydicom_finds_them() -> None:
    """Compressed or not, with tables of offsets or without; whole files are never needed."""
    found = sum(map(agreed, PUBLIC))
    assert found >= LEAST


def agreed(path: Path) -> bool:
    """Compare one file; False where there are no frames to be found."""
    content = path.read_bytes()
    try:
        ours = layout(BytesIO(content))
    except Unreadable:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(BytesIO(content), force=True)
        if ours.encapsulated:
            theirs = list(generate_frames(ds.PixelData, number_of_frames=count(ours)))
            assert frames(content, ours) == theirs, path
        elif ours.image.bits >= 8 and not ours.big_endian:
            told = b"".join(frames(content, ours))
            assert told == ds.PixelData[: len(told)], path
    return True


def image(syntax: UID, frames: int, bits: int = 8) -> Dataset:
    """Return an image without pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.3"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.NumberOfFrames = 3, 5, 1, str(frames)
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    ds.PhotometricInterpretation = "MONOCHROME2"
    return ds


def written(ds: Dataset) -> bytes:
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


STREAMS = [b"\xff\xd8" + bytes([each] * (2 * each + 2)) for each in range(1, 4)]


def basic(ds: Dataset) -> None:
    ds.PixelData = encapsulate(STREAMS)


def extended(ds: Dataset) -> None:
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(
        STREAMS
    )


def none(ds: Dataset) -> None:
    ds.PixelData = encapsulate(STREAMS, has_bot=False)


def in_pieces(ds: Dataset) -> None:
    ds.PixelData = encapsulate(STREAMS, fragments_per_frame=2, has_bot=False)


def in_pieces_with_a_table(ds: Dataset) -> None:
    ds.PixelData = encapsulate(STREAMS, fragments_per_frame=2)


@pytest.mark.parametrize("make", [basic, extended, none, in_pieces, in_pieces_with_a_table])
def test_compressed_frames_are_found_in_every_form(make) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  one of the five above
    """By either table, or by following the items, of which a frame may have several."""
    ds = image(JPEGBaseline8Bit, len(STREAMS))
    make(ds)
    content = written(ds)
    assert frames(content, layout(BytesIO(content))) == STREAMS


def test_frames_of_single_bits_begin_with_a_byte() -> None:
    """Fifteen bits a frame: the second begins in the middle of a byte of the file."""
    bits = np.random.default_rng(1).integers(0, 2, (4, 15), np.uint8)
    ds = image(ExplicitVRLittleEndian, 4, bits=1)
    ds.PixelData = np.packbits(bits.ravel(), bitorder="little").tobytes()
    content = written(ds)

    found = frames(content, layout(BytesIO(content)))
    cut_out = [
        np.unpackbits(np.frombuffer(each, np.uint8), bitorder="little")[:15] for each in found
    ]
    assert np.array_equal(cut_out, bits)
    assert np.array_equal(pixel_array(dcmread(BytesIO(content))).reshape(4, 15), bits)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pack("<3Q", 0, 1 << 40, 24), "cannot-parse"),  # far outside
        (pack("<3Q", 0, 14, (1 << 64) - 4), "cannot-parse"),
    ],
)
def test_a_table_that_lies_is_refused(table: bytes, code: str) -> None:
    """Nothing outside the file is ever asked for."""
    ds = image(JPEGBaseline8Bit, len(STREAMS))
    extended(ds)
    ds.ExtendedOffsetTable = table
    with pytest.raises(Unreadable, match=code):
        layout(BytesIO(written(ds)))


def test_what_has_no_frames_says_why() -> None:
    """By a code that becomes a sentence."""
    report = image(ExplicitVRLittleEndian, 1)
    deflated = image(DeflatedExplicitVRLittleEndian, 1)
    deflated.PixelData = bytes(16)
    for ds, code in ((report, "no-pixels"), (deflated, "deflated")):
        with pytest.raises(Unreadable, match=code):
            layout(BytesIO(written(ds)))


def test_there_are_no_frames_beyond_the_last() -> None:
    """Nor before the first."""
    ds = image(JPEGBaseline8Bit, len(STREAMS))
    basic(ds)
    found = layout(BytesIO(written(ds)))
    for number in (-1, 3):
        with pytest.raises(IndexError):
            found.place(number)


def test_items_that_are_none_are_not_stripped() -> None:
    """What is cut or is no item is refused, and never passed on as a frame."""
    whole = pack("<HHL", 0xFFFE, 0xE000, 4) + b"abcd"
    assert stripped(whole + whole) == b"abcdabcd"
    for broken in (whole[:-1], whole + b"\xfe", b"abcdefgh" + whole):
        with pytest.raises(Unreadable):
            stripped(broken)
