"""What is dropped to be measured: five kinds of images, of phantoms and of public test files."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    MRImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from benchmarks import phantom
from tests.received.files import public, relabelled

UID = "2.25.31300000"
RADIOGRAPHS, LOOPS, SMALL, REPEATED = 40, 4, 5000, 20
FRAMES = 120
PUBLIC = (
    *("CT_small.dcm", "MR_small.dcm", "emri_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm"),
    *("693_J2KR.dcm", "color3d_jpeg_baseline.dcm"),
)


def made(folder: Path, name: str) -> list[Path]:
    """Return the files of a set; they are made under `folder` when they are not there yet."""
    if name == "ct":
        return phantom.study(folder / name)
    complete = folder / name / "complete"
    if not complete.exists():
        complete.parent.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(SETS[name]()):
            (complete.parent / f"{number:04}.dcm").write_bytes(content)
        complete.touch()
    return sorted(complete.parent.glob("*.dcm"))


def radiographs() -> Iterator[bytes]:
    """Yield pictures of 1792 by 2048, 7.3 MB each."""
    for number in range(1, RADIOGRAPHS + 1):
        slices = [values(phantom.instance(1, 1 + (number + each) % 100)) for each in range(4)]
        wide = np.hstack(slices)
        picture = np.vstack([wide, wide[::-1], wide, wide[:256]])
        yield written("2", number, picture, "CR", ComputedRadiographyImageStorage)


def loops() -> Iterator[bytes]:
    """Yield loops of 120 frames of 512 by 512 in 8 bits, 31 MB each."""
    for number in range(1, LOOPS + 1):
        still = (values(phantom.instance(2, number)) >> 4).astype("u1")
        moved = np.stack([np.roll(still, 3 * frame, axis=1) for frame in range(FRAMES)])
        yield written("3", number, moved, "US", UltrasoundMultiFrameImageStorage)


def small() -> Iterator[bytes]:
    """Yield slices of 128 by 128, 33 kB each."""
    slices = [values(phantom.instance(3, number))[::4, ::4] for number in range(1, 101)]
    for number in range(1, SMALL + 1):
        yield written(
            "4", number, np.roll(slices[number % 100], number, axis=0), "MR", MRImageStorage
        )


def mixed() -> Iterator[bytes]:
    """Yield public test files, native and compressed, of one and of several frames."""
    for number in range(REPEATED):
        for place, name in enumerate(PUBLIC):
            series = f"{UID}5.{1 + place}"
            sop = f"{series}.{1 + number}"
            yield relabelled(public(name), f"MIXED-{place}", f"{UID}5.0.{1 + place}", series, sop)


SETS: Mapping[str, Callable[[], Iterator[bytes]]] = {
    "ct": partial(iter, ()),  # see `made`
    "cr": radiographs,
    "us": loops,
    "mr": small,
    "mixed": mixed,
}


def values(ds: Dataset) -> "np.ndarray[tuple[int, int], np.dtype[np.uint16]]":
    """Return the pixels of a phantom's slice."""
    return np.frombuffer(ds.PixelData, "<u2").reshape(phantom.SIDE, phantom.SIDE)


def written(
    study: str,
    number: int,
    pixels: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]",
    modality: str,
    sop_class: str,
) -> bytes:
    """Return `pixels` as a file of a study of its own, with a phantom's header."""
    ds = phantom.instance(1, 1)
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{UID}{study}", f"{UID}{study}.1"
    ds.SOPInstanceUID = f"{UID}{study}.1.{number}"
    ds.SOPClassUID, ds.Modality, ds.InstanceNumber = sop_class, modality, number
    if pixels.ndim == 3:  # noqa: PLR2004  frames, rows, columns
        ds.NumberOfFrames, ds.FrameTime = len(pixels), 33
    if pixels.itemsize == 1:
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.PixelData = pixels.tobytes()
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()
