"""A file as Explicit VR Little Endian with native pixels. Runs only in a limited child."""

from io import BytesIO
from typing import BinaryIO

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEGLossless,
    JPEGLosslessSV1,
)

from shared.dicom.coding import VIDEO
from shared.dicom.draw import decoded, foreign
from shared.dicom.image import BYTE
from shared.dicom.layout import layout, stripped
from shared.dicom.outline import PIXEL_DATA
from shared.dicom.refusal import Unreadable

OURS = {JPEGLossless, JPEGLosslessSV1, HTJ2KLossless, HTJ2KLosslessRPCL}
# What is told of colours while they are compressed, and what they are then (PS3.3 C.7.6.3.1.2).
COLOURS = {"YBR_FULL_422": "YBR_FULL", "YBR_RCT": "RGB", "YBR_ICT": "RGB"}
LARGEST, MOST = 64 << 20, 256 << 20  # bytes of a file, and of its native pixels


def explicit(file: BinaryIO) -> bytes:
    """Return `file` in Explicit VR Little Endian, with the same UIDs and colours as they are.

    Raises:
        Unreadable: it is too large, of a byte order whose values nobody can turn, or its pixels
            cannot be decoded.

    """
    with foreign():
        ds = dcmread(file, force=True)
        syntax = ds.file_meta.TransferSyntaxUID
        if not syntax.is_little_endian or syntax.startswith(VIDEO):
            raise ValueError(syntax)
        if syntax.is_encapsulated:
            if native(ds) > MOST:
                code = "too-large"
                raise Unreadable(code)
            # PS3.3 C.7.6.1.1.5: what was compressed with loss goes on saying so.
            if syntax in OURS:
                ours(ds, file)
            else:
                ds.decompress(as_rgb=False, generate_instance_uid=False)
            told = ds.PhotometricInterpretation
            ds.PhotometricInterpretation = COLOURS.get(told, told)
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        out = BytesIO()
        dcmwrite(out, ds, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return out.getvalue()


def ours(ds: Dataset, file: BinaryIO) -> None:
    """Put the pixels of `file` into `ds` by a decoder that pydicom does not have."""
    places = layout(file)
    frames = []
    for number in range(places.image.frames):
        offset, length = places.place(number)
        file.seek(offset)
        frames.append(decoded(bytes(stripped(file.read(length))), places))
    pixels = b"".join(frames)
    ds.add_new(
        PIXEL_DATA, "OW" if ds.BitsAllocated > BYTE else "OB", pixels + b"\0" * (len(pixels) % 2)
    )
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = 0


def native(ds: Dataset) -> int:
    """Return the bytes of the native pixels of `ds`."""
    samples = ds.Rows * ds.Columns * ds.SamplesPerPixel * int(ds.get("NumberOfFrames") or 1)
    return int(samples) * (int(ds.BitsAllocated) + 7) // 8
