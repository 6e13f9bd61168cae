"""The stored values of an image, one frame at a time. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

import imagecodecs
import numpy as np
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
)

from services.transcode.codestream import htj2k
from services.transcode.image import Image, PixelDigest
from services.transcode.part10 import Parts
from services.transcode.unfit import Unreadable

CHUNK = 1 << 20  # bytes
ENCODED = "encoded"  # before the digest of what was not decoded: never equal to a decoded one

Frame = np.ndarray[Any, np.dtype[Any]]

# All others (RLE) are pydicom's own; for these it would need further packages, one of them GPL.
DECODERS: dict[UID, Callable[[bytes], Frame]] = {
    JPEGLossless: imagecodecs.jpegsof3_decode,
    JPEGLosslessSV1: imagecodecs.jpegsof3_decode,
    JPEGLSLossless: imagecodecs.jpegls_decode,
    JPEG2000Lossless: imagecodecs.jpeg2k_decode,
    HTJ2KLossless: htj2k,
    HTJ2KLosslessRPCL: htj2k,
}


def lossless(syntax: UID) -> bool:
    """Say whether `syntax` allows no loss (PS3.6 Table A-1 says so in its name)."""
    if syntax.type != "Transfer Syntax":
        return False  # a private one: nobody knows
    return not syntax.is_encapsulated or ("Lossless" in syntax.name and "Near" not in syntax.name)


def frames(parts: Parts, image: Image) -> Iterator[Frame]:
    """Yield each frame's stored values as they are, without colour conversion.

    A frame is (rows, columns), or (rows, columns, samples) in colour.

    Raises:
        Unreadable: a frame cannot be had.

    """
    if parts.encapsulated is not parts.syntax.is_encapsulated:
        code = "cannot-decode"
        raise Unreadable(code)
    if parts.encapsulated:
        return decoded(parts, image)
    return native(parts, image)


def native(parts: Parts, image: Image) -> Iterator[Frame]:
    """Yield the frames of uncompressed pixel data with one sample a pixel."""
    if parts.value is None or parts.end - parts.value < image.native_bytes:
        code = "cannot-decode"
        raise Unreadable(code)
    for number in range(image.frames):
        parts.file.seek(parts.value + number * image.frame_bytes)
        frame = parts.file.read(image.frame_bytes)
        if len(frame) < image.frame_bytes:
            code = "cannot-decode"
            raise Unreadable(code)
        yield np.frombuffer(frame, image.dtype).reshape(image.rows, image.columns)


def decoded(parts: Parts, image: Image) -> Iterator[Frame]:
    """Yield the frames through a decoder, which gets them from the file one by one."""
    parts.file.seek(parts.value or 0)
    if parts.syntax in DECODERS:
        streams = generate_frames(parts.file, number_of_frames=image.frames)
        found: Iterator[Frame] = map(DECODERS[parts.syntax], streams)
    else:
        found = by_pydicom(parts, image)
    for _ in range(image.frames):
        try:
            values = next(found)
        except MemoryError:
            raise  # our fault, not the file's
        except Exception as cause:  # a foreign decoder may raise anything, also an early end
            code = "cannot-decode"
            raise Unreadable(code) from cause
        yield contained(values, image)


def by_pydicom(parts: Parts, image: Image) -> Iterator[Frame]:
    """Yield the frames through pydicom's own decoders; as buffers, which it leaves as they are."""
    buffers = get_decoder(parts.syntax).iter_buffer(
        parts.file,
        raw=True,
        rows=image.rows,
        columns=image.columns,
        number_of_frames=image.frames,
        samples_per_pixel=image.samples,
        bits_allocated=image.bits,
        bits_stored=image.bits_stored,
        pixel_representation=image.representation,
        photometric_interpretation=image.photometric,
        pixel_keyword="PixelData",
    )
    for buffer, _ in buffers:
        yield np.frombuffer(buffer, image.dtype).reshape(image.rows, image.columns)


def contained(values: Frame, image: Image) -> Frame:
    """Return decoded `values` as the bit patterns they are, in containers of Bits Allocated."""
    size = image.dtype.itemsize
    if values.shape != (image.rows, image.columns) or values.itemsize > size:
        code = "cannot-decode"
        raise Unreadable(code)
    return values.astype(f"<{values.dtype.kind}{size}", copy=False).view(image.dtype)


def kept_digest(parts: Parts, image: Image) -> str | None:
    """Return the pixel digest of an instance that stays as it came; None without pixels.

    Pixels that lie there uncompressed, little-endian and by pixel are digested as pictures; all
    others as the bytes they are: equal ones are equal pictures still, but the same picture in
    another encoding is not recognised.
    """
    if parts.value is None:
        return None
    planes = image.planar if image.samples > 1 else 0
    plain = not parts.encapsulated and parts.syntax.is_little_endian and not planes
    if plain and parts.end - parts.value >= image.native_bytes:
        digest, length = PixelDigest(*image.shape), image.native_bytes
    else:
        digest = PixelDigest(ENCODED, parts.syntax, planes, *image.shape)
        length = parts.end - parts.value
    parts.file.seek(parts.value)
    while length > 0 and (chunk := parts.file.read(min(CHUNK, length))):
        digest.add(chunk)
        length -= len(chunk)
    return digest.hexdigest()
