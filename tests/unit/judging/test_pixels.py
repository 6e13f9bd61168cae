"""tests.judging.pixels: the judge's own eyes, tried on copies made by a library."""

from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate_extended
from pydicom.uid import HTJ2KLosslessRPCL, MRImageStorage

from tests.judging.objects import same
from tests.judging.pixels import NotSound, codestreams, decode

FRAMES = np.arange(-300, 300, dtype="<i2").reshape(2, 15, 20)


def copy(frames: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> bytes:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = HTJ2KLosslessRPCL
    ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, "1.2.3"
    nested = Dataset()
    nested.add_new(0x00081155, "UI", "1.2")
    ds.ReferencedImageSequence = [nested]
    ds["ReferencedImageSequence"].is_undefined_length = True
    nested.is_undefined_length_sequence_item = True
    streams = [bytes(imagecodecs.htj2k_encode(each, reversible=True)) for each in frames]
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(
        streams
    )
    ds["PixelData"].VR = "OB"
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def seen(content: bytes, folder: Path) -> list[npt.NDArray[np.integer] | None]:
    named = {f"{place}": stream for place, stream in enumerate(codestreams(content))}
    return list(decode(named, folder).values())


def test_equal_pixels_are_equal(tmp_path: Path) -> None:
    """Frames are cut out, decoded with their sign, and found to be the same."""
    assert same(seen(copy(FRAMES), tmp_path), FRAMES)


def test_one_other_value_is_seen(tmp_path: Path) -> None:
    """A judge that cannot say no is none."""
    other = FRAMES.copy()
    other[1, 7, 7] += 1
    assert not same(seen(copy(other), tmp_path), FRAMES)


def test_a_missing_frame_is_seen(tmp_path: Path) -> None:
    """Fewer frames are not the same picture."""
    assert not same(seen(copy(FRAMES[:1]), tmp_path), FRAMES)


@pytest.mark.parametrize("content", [b"", copy(FRAMES).replace(b"DICM", b"DICN")])
def test_no_copy_is_no_frames(content: bytes) -> None:
    """What is not built as it must be is said to be so."""
    with pytest.raises(NotSound):
        codestreams(content)
