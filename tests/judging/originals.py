"""The stored values of a dropped file, by other decoders than the product's wherever there are."""

import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ImplicitVRLittleEndian

from tests.judging.pixels import decode

Values = npt.NDArray[np.integer]

NATIVE = {
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
}
RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = {
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
}
# PS3.6 Table A-1: what loses nothing, and is not yet what a fast copy is.
LOSSLESS = {*NATIVE, RLE, *JPEG_LOSSLESS, JPEG_LS, "1.2.840.10008.1.2.4.90"}
LOSSLESS |= {"1.2.840.10008.1.2.4.201"}
GREY = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}
COLOUR = {"RGB", "YBR_FULL", "YBR_RCT"}
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def read(content: bytes) -> Dataset:
    """Return the dataset of a file, with the transfer syntax that holds where none is told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(BytesIO(content), force=True)
        if "TransferSyntaxUID" not in ds.file_meta:
            ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # PS3.5 §10.1
        return ds


@cache
def must_be_recoded(path: Path) -> bool:
    """Say whether a fast copy of `path` is due: 8 or 16 bits, nothing lost, every sample there."""
    ds = read(path.read_bytes())
    if "PixelData" not in ds or ds.BitsAllocated not in {8, 16}:
        return False
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax not in LOSSLESS or ds.get("SOPClassUID") == WHOLE_SLIDE or not clear(ds):
        return False
    return syntax not in NATIVE or fits(ds)


def clear(ds: Dataset) -> bool:
    """Say whether the header leaves no doubt about what the samples are."""
    if ds.SamplesPerPixel == 1:
        return ds.PhotometricInterpretation in GREY
    told = "PlanarConfiguration" in ds and ds.PixelRepresentation == 0
    return told and ds.SamplesPerPixel == 3 and ds.PhotometricInterpretation in COLOUR


def fits(ds: Dataset) -> bool:
    """Say whether the unused bits of native pixels only continue the value (PS3.5 §8.1.1)."""
    order = "<" if ds.file_meta.TransferSyntaxUID.is_little_endian else ">"
    dtype = order + ("i" if ds.PixelRepresentation else "u") + str(ds.BitsAllocated // 8)
    values = np.frombuffer(ds.PixelData, dtype)
    unused = ds.BitsAllocated - ds.BitsStored
    return np.array_equal((values << unused) >> unused, values)


@cache
def original_frames(path: Path) -> Values:
    """Return the stored values of a dropped file as (frames, rows, columns[, samples])."""
    return frames_of(path.read_bytes())


def frames_of(content: bytes) -> Values:
    """Return the stored values of a DICOM file as (frames, rows, columns[, samples])."""
    ds = read(content)
    syntax = ds.file_meta.TransferSyntaxUID
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if syntax in JPEG_2000:
            values = by_openjpeg(list(encapsulated(ds)))
        elif syntax in JPEG_LOSSLESS:
            # libjpeg-turbo; pydicom has no decoder under a free licence
            told = "RGB" if ds.SamplesPerPixel > 1 else None  # told, so that it changes nothing
            how = partial(imagecodecs.jpeg8_decode, colorspace=told, outcolorspace=told)
            values = each(ds, how)
        elif syntax == RLE and ds.BitsAllocated in {8, 16}:
            values = each(ds, lambda frame: by_planes(ds, frame))
        else:
            values = pixel_array(ds, raw=True)
    samples = (ds.SamplesPerPixel,) * (ds.SamplesPerPixel > 1)
    return values.reshape(-1, ds.Rows, ds.Columns, *samples)


def each(ds: Dataset, decoder: Callable[[bytes], Values]) -> Values:
    """Return all frames of `ds` through `decoder`."""
    return np.stack([decoder(frame) for frame in encapsulated(ds)])


def encapsulated(ds: Dataset) -> Iterator[bytes]:
    """Yield the frames of encapsulated pixel data as they are."""
    count = int(ds.get("NumberOfFrames") or 1)
    yield from generate_frames(ds.PixelData, number_of_frames=count)


def by_planes(ds: Dataset, frame: bytes) -> Values:
    """Return a frame of RLE, which has a plane for each colour (PS3.5 §G.2)."""
    dtype = np.dtype(("<i" if ds.PixelRepresentation else "<u") + str(ds.BitsAllocated // 8))
    values = np.frombuffer(imagecodecs.dicomrle_decode(frame, dtype), dtype)
    return np.moveaxis(values.reshape(ds.SamplesPerPixel, ds.Rows, ds.Columns), 0, -1)


def by_openjpeg(frames: list[bytes]) -> Values:
    """Return the frames of an original in JPEG 2000."""
    with TemporaryDirectory() as folder:
        found = decode({str(place): frame for place, frame in enumerate(frames)}, Path(folder))
    return np.stack([found[str(place)] for place in range(len(frames))])
