"""One multi-frame file of gigabytes, written frame by frame: a phantom that moves."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import MultiFrameGrayscaleWordSecondaryCaptureImageStorage

from benchmarks.phantom import SIDE, instance

SLICES = 48  # different ones, then the same again, moved on
FRAME = SIDE * SIDE * 2  # bytes
PIXEL_DATA = b"\xe0\x7f\x10\0OW\0\0"  # PS3.5 §7.1.2, before a length of 32 bits
MOST = 0xFFFFFFFE  # bytes that native pixel data may have

Frame = np.ndarray[Any, np.dtype[np.uint16]]


def header(frames: int) -> Dataset:
    """Return all but the pixels."""
    ds = instance(1, 1)
    ds.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    ds.SOPInstanceUID += ".4096"
    ds.NumberOfFrames = frames
    del ds.PixelData
    return ds


@cache
def still(number: int) -> Frame:
    """Return one slice of the phantom."""
    pixels = np.frombuffer(instance(1, number + 1).PixelData, "<u2")
    return pixels.reshape(SIDE, SIDE)


def frame(number: int) -> Frame:
    """Return one frame; no two are the same, for its number stands in its corner."""
    turn, place = divmod(number, SLICES)
    moved = np.roll(still(place), turn * 7 % SIDE, axis=1)
    moved[0, :2] = divmod(number, 4096)  # of 12 bits each
    return moved


def write(file: Path, size: int) -> int:
    """Write a file of about `size` bytes, and return its number of frames.

    Raises:
        ValueError: more than a length of 32 bits can tell.

    """
    frames = size // FRAME
    if frames * FRAME > MOST:
        msg = f"native pixel data has at most {MOST} bytes (PS3.5 §7.1.1)"
        raise ValueError(msg)
    header(frames).save_as(file, enforce_file_format=True)
    with file.open("ab") as out:
        out.write(PIXEL_DATA + (frames * FRAME).to_bytes(4, "little"))
        for number in range(frames):
            out.write(frame(number).tobytes())
    return frames
