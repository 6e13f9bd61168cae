"""How a file is made: a pattern of numbers, and a patient who never was."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite

Values = npt.NDArray[Any]
ROWS, COLUMNS = 37, 53  # odd, so that frames of bytes begin at odd places
PREFIX = "1.2.826.0.1.3680043.10.1537"


def values(dtype: str, samples: int = 1, frames: int = 1, *, bits: int = 0) -> Values:
    """Return a pattern (frames, rows, columns[, samples]) that uses the whole range."""
    shape = (frames, ROWS, COLUMNS) + (samples,) * (samples > 1)
    span = np.iinfo(np.dtype(dtype))
    top = (1 << bits) - 1 if bits else int(span.max)
    ramp = np.arange(np.prod(shape), dtype=np.int64).reshape(shape) * 7919
    return (ramp % (top - int(span.min) + 1) + int(span.min)).astype(dtype)


def rle(frame: Values) -> bytes:
    """Return a frame in RLE: a plane for each byte of each colour (PS3.5 §G.2)."""
    planes = [frame] if frame.ndim == 2 else list(np.moveaxis(frame, -1, 0))
    segments = []
    for plane in planes:
        parts = np.ascontiguousarray(plane).view(np.uint8).reshape(*plane.shape, -1)
        for byte in reversed(range(parts.shape[-1])):
            data = bytes(imagecodecs.packbits_encode(np.ascontiguousarray(parts[..., byte])))
            segments.append(data + b"\0" * (len(data) % 2))
    places = np.cumsum([64] + [len(each) for each in segments])[:-1]
    head = np.zeros(16, "<u4")
    head[0], head[1 : 1 + len(places)] = len(segments), places
    return head.tobytes() + b"".join(segments)


ENCODED: dict[
    uid.UID, Callable[[Values], bytes | bytearray]
] = {  # syntax → how an encoder makes a frame of it
    uid.RLELossless: rle,
    uid.JPEGLSLossless: imagecodecs.jpegls_encode,
    uid.JPEGLosslessSV1: imagecodecs.ljpeg_encode,
    uid.JPEG2000Lossless: lambda frame: imagecodecs.jpeg2k_encode(
        frame, level=0, codecformat="j2k", reversible=True
    ),
    uid.HTJ2KLossless: lambda frame: imagecodecs.htj2k_encode(
        frame, rgb=frame.ndim == 3, planar=False, reversible=True
    ),
    uid.HTJ2KLosslessRPCL: lambda frame: imagecodecs.htj2k_encode(
        frame, rgb=frame.ndim == 3, planar=False, reversible=True, tlm=True
    ),
}


def base(name: str, sop_class: str = uid.SecondaryCaptureImageStorage) -> Dataset:
    """Return an instance without pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = f"{PREFIX}.{int.from_bytes(name.encode()[:12])}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{PREFIX}.1", f"{PREFIX}.2"
    ds.PatientName, ds.PatientID, ds.Modality = "Citizen^Ann", "0", "OT"
    return ds


def image(name: str, pixels: Values, photometric: str, *, planar: int = 0) -> Dataset:
    """Return an instance with native pixels (frames, rows, columns[, samples])."""
    ds = base(name)
    bits = pixels.dtype.itemsize * 8
    ds.SamplesPerPixel = 1 if pixels.ndim == 3 else pixels.shape[-1]
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = planar
    if len(pixels) > 1:
        ds.NumberOfFrames = len(pixels)
    ds.Rows, ds.Columns = pixels.shape[1:3]
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    raw = (np.moveaxis(pixels, -1, 1) if planar else pixels).tobytes()
    ds.add_new("PixelData", "OW" if bits > 8 else "OB", raw + b"\0" * (len(raw) % 2))
    return ds


def written(ds: Dataset) -> bytes:
    """Return `ds` as a file."""
    out = BytesIO()
    private = ds.file_meta.TransferSyntaxUID.is_private
    how = {"implicit_vr": False, "little_endian": True} if private else {}
    dcmwrite(out, ds, enforce_file_format=True, **how)
    return out.getvalue()


def coded(
    name: str, syntax: uid.UID, pixels: Values, photometric: str, frames: Sequence[bytes] = ()
) -> bytes:
    """Return a file with `pixels` compressed, or with `frames` instead."""
    ds = image(name, pixels, photometric)
    ds.file_meta.TransferSyntaxUID = syntax
    streams = frames or [bytes(ENCODED[syntax](np.ascontiguousarray(one))) for one in pixels]
    ds.add_new("PixelData", "OB", encapsulate(list(streams)))
    ds["PixelData"].is_undefined_length = True
    return written(ds)


def in_syntax(ds: Dataset, syntax: uid.UID) -> bytes:
    """Return `ds` written in another native syntax."""
    ds.file_meta.TransferSyntaxUID = syntax
    return written(ds)


def big_endian(ds: Dataset) -> bytes:
    """Return `ds` in big endian; pydicom leaves words as they are, so they are turned here."""
    for each in ds.iterall():
        if each.VR == "OW" or (each.VR == "OB" and each.tag == 0x7FE00010):
            each.VR = "OW"
            each.value = np.frombuffer(each.value, "<u2").astype(">u2").tobytes()
    return in_syntax(ds, uid.ExplicitVRBigEndian)


def with_tables(ds: Dataset) -> Dataset:
    """Return `ds` with look-up tables, overlays, numbers of every width, and nested sequences."""
    lut = Dataset()
    lut.add_new("LUTDescriptor", "US", [4, 0, 16])
    lut.add_new("LUTData", "OW", np.arange(4, dtype="<u2").tobytes())
    other = Dataset()
    other.add_new("LUTDescriptor", "US", [3, 0, 16])
    other.add_new("LUTData", "US", [1, 258, 65535])
    other.is_undefined_length_sequence_item = True
    ds.ModalityLUTSequence, ds.VOILUTSequence = [lut], [other, Dataset()]
    ds["VOILUTSequence"].is_undefined_length = True
    ds.add_new(0x60000010, "US", ROWS)
    ds.add_new(0x60000011, "US", COLUMNS)
    ds.add_new(0x60000050, "SS", [1, -1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", bytes(range(246)))
    ds.add_new("FrameIncrementPointer", "AT", [0x00181063])
    ds.add_new("RealWorldValueSlope", "FD", 1.25)
    ds.add_new("ReferencePixelX0", "SL", -70000)
    ds.add_new("ExposureTimeInms", "FD", [1.5, -2.5])
    ds.add_new("DisplayedAreaTopLeftHandCorner", "SL", [-1, 99999])
    ds.add_new("TableOfPixelValues", "OW", b"\1\2\3\4")
    return ds


def palette(name: str, dtype: str) -> Dataset:
    """Return indices with their colour tables of 16 bits."""
    ds = image(name, values(dtype, bits=8), "PALETTE COLOR")
    for colour, factor in (("Red", 1), ("Green", 3), ("Blue", 5)):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        table = (np.arange(256) * 257 * factor % 65536).astype("<u2").tobytes()
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", table)
    return ds


def changed(ds: Dataset, **elements: object) -> Dataset:
    """Return `ds` with other elements; None removes one."""
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def without_pixels(sop_class: str, modality: str) -> Callable[[str], bytes]:
    """Return what makes an instance of a class that has no pixels."""
    return lambda name: written(changed(base(name, sop_class), Modality=modality))


def native(ds: Callable[[str], Dataset]) -> Callable[[str], bytes]:
    """Return what writes the dataset that `ds` makes."""
    return lambda name: written(ds(name))
