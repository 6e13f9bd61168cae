"""The stored values of an image, one frame at a time. Pure."""

from collections.abc import Iterator

import numpy as np
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder

from services.transcode.colour import objection
from services.transcode.part10 import Parts
from services.transcode.unfit import Unfit
from shared.dicom.decoders import DECODERS, SECOND, Frame, known
from shared.dicom.image import Image, PixelDigest, by_pixel
from shared.dicom.refusal import Unreadable

CHUNK = 1 << 20  # bytes
ENCODED = "encoded"  # before the digest of what was not decoded: never equal to a decoded one


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
    """Yield the frames of uncompressed pixel data, colours by pixel."""
    if parts.value is None or parts.end - parts.value < image.native_bytes:
        code = "cannot-decode"
        raise Unreadable(code)
    for number in range(image.frames):
        parts.file.seek(parts.value + number * image.frame_bytes)
        frame = parts.file.read(image.frame_bytes)
        if len(frame) < image.frame_bytes:
            code = "cannot-decode"
            raise Unreadable(code)
        yield by_pixel(np.frombuffer(frame, image.dtype), image, planar=image.planar == 1)


def decoded(parts: Parts, image: Image) -> Iterator[Frame]:
    """Yield the frames through a decoder, which gets them from the file one by one."""
    parts.file.seek(parts.value or 0)
    if parts.syntax in DECODERS:
        streams = generate_frames(parts.file, number_of_frames=image.frames)
        found: Iterator[Frame] = (one(stream, parts, image) for stream in streams)
    else:
        found = by_pydicom(parts, image)
    for _ in range(image.frames):
        try:
            values = next(found)
        except (MemoryError, Unfit, Unreadable):
            raise  # our fault, or our own verdict
        except Exception as cause:  # a foreign decoder may raise anything, also an early end
            code = "cannot-decode"
            raise Unreadable(code) from cause
        yield contained(values, image)


def one(stream: bytes, parts: Parts, image: Image) -> Frame:
    """Return what one compressed frame holds, if it is whole and what the header says."""
    reason = objection(stream, image, parts.syntax)
    if reason:
        raise Unfit(reason)
    frame = np.asarray(DECODERS[parts.syntax](stream))
    second = SECOND.get(parts.syntax)
    if second is not None and not np.array_equal(second(stream, image), frame):
        code = "cannot-decode"
        raise Unreadable(code)
    return frame


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
        planar_configuration=image.planar or 0,
        pixel_keyword="PixelData",
    )
    for buffer, found in buffers:
        planar = found.get("planar_configuration") == 1
        yield by_pixel(np.frombuffer(buffer, image.dtype), image, planar=planar)


def contained(values: Frame, image: Image) -> Frame:
    """Return decoded `values` as the bit patterns they are, in containers of Bits Allocated."""
    size = image.dtype.itemsize
    shape = (image.rows, image.columns) + (image.samples,) * (image.samples > 1)
    if values.shape != shape or values.itemsize > size:
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
    planes = image.planar or 0 if image.samples > 1 else 0
    uncompressed = known(parts.syntax) and not parts.encapsulated
    plain = uncompressed and not parts.outline.big_endian and not planes
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
