"""A frame to look at, of any instance that can be shown. Pure."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import imagecodecs
import numpy as np
from pydicom.encaps import generate_frames
from pydicom.pixels.processing import apply_color_lut, convert_color_space
from pydicom.uid import (
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

from services.transcode.decoders import DECODERS, Frame, known
from services.transcode.frames import by_pixel
from services.transcode.image import Image
from services.transcode.part10 import Parts, header
from services.transcode.picture import thumbnail, window

Made = TypeVar("Made")

RGB, BITS = 3, 8  # samples, and axes of a frame; bits of one
SHOWABLE: dict[UID, Callable[[bytes], Frame]] = {
    **DECODERS,
    JPEGBaseline8Bit: imagecodecs.jpeg8_decode,  # gives RGB of YBR_FULL and YBR_FULL_422
    JPEGExtended12Bit: imagecodecs.jpeg8_decode,
    JPEGLSNearLossless: imagecodecs.jpegls_decode,
    JPEG2000: imagecodecs.jpeg2k_decode,  # gives RGB of YBR_ICT and YBR_RCT
}
MADE_RGB = {JPEGBaseline8Bit, JPEGExtended12Bit}  # of what the decoder was told to make RGB
TRANSFORMING = {JPEG2000, JPEG2000Lossless, HTJ2KLossless, HTJ2KLosslessRPCL}


def glimpse(parts: Parts, image: Image) -> Frame | None:
    """Return the middle frame as its decoder gives it, or None where it is not easily had."""
    unclear = parts.outline.big_endian or not known(parts.syntax)
    if parts.value is None or not image.showable or unclear:
        return None
    return attempted(middle, parts, image)


def picture(frame: Frame, parts: Parts, image: Image) -> bytes | None:
    """Return a small JPEG of `frame`, or None where its colours are not easily had."""

    def drawn() -> bytes | None:
        colours = coloured(frame, parts, image)
        return None if colours is None else thumbnail(colours, window(header(parts)))

    return attempted(drawn)


def attempted(do: Callable[..., Made | None], *args: object) -> Made | None:
    """Return what `do` makes, or None: a picture is a kindness, nothing may fail for its sake."""
    try:
        return do(*args)
    except MemoryError:
        raise  # our fault, not the file's
    except Exception:  # noqa: BLE001  a foreign decoder may raise anything at all
        return None


def middle(parts: Parts, image: Image) -> Frame:
    """Return the frame that stands in the middle."""
    number = image.frames // 2
    parts.file.seek(parts.value or 0)
    if parts.encapsulated:
        streams = generate_frames(parts.file, number_of_frames=image.frames)
        decode: Callable[..., Any] = SHOWABLE[parts.syntax]
        if parts.syntax == JPEGBaseline8Bit and image.photometric == "RGB":
            decode = partial(decode, colorspace="RGB", outcolorspace="RGB")
        return np.asarray(decode(next(islice(streams, number, None))))
    parts.file.seek(number * image.frame_bytes, 1)
    frame = np.frombuffer(parts.file.read(image.frame_bytes), image.dtype)
    return by_pixel(frame, image, planar=image.planar == 1)


def coloured(frame: Frame, parts: Parts, image: Image) -> Frame | None:
    """Return `frame` in grey values or RGB of 8 bits, or None where it is in neither."""
    if image.palette:
        frame = apply_color_lut(frame, header(parts))
        return (frame >> 8).astype(np.uint8) if frame.dtype.itemsize > 1 else frame
    if image.samples == 1:
        return frame
    if frame.ndim != RGB or frame.shape[-1] != RGB or frame.dtype.kind != "u":
        return None
    eight = (frame >> max(image.bits_stored - BITS, 0)).astype(np.uint8)
    if image.photometric == "RGB" or parts.syntax in MADE_RGB:
        return eight
    if image.photometric == "YBR_FULL":
        return convert_color_space(eight, "YBR_FULL", "RGB")
    return eight if parts.syntax in TRANSFORMING else None
