"""A frame as people see it: grey values, or RGB of 8 bits. Pure; for whoever decodes in a child."""

from collections.abc import Callable
from functools import partial

import imagecodecs
import numpy as np
from pydicom import Dataset
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

from shared.dicom.coding import NATIVE
from shared.dicom.decoders import DECODERS, Frame
from shared.dicom.image import BYTE, Image, by_pixel
from shared.dicom.layout import Layout

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


def decoder(syntax: UID, image: Image) -> Callable[[bytes], Frame]:
    """Return what decodes one frame of `syntax`.

    Raises:
        KeyError: nothing here does.

    """
    decode: Callable[..., Frame] = SHOWABLE[syntax]
    if syntax == JPEGBaseline8Bit and image.photometric == "RGB":
        return partial(decode, colorspace="RGB", outcolorspace="RGB")
    return decode


def frame_of(stream: bytes, layout: Layout) -> Frame:
    """Return the stored values of one frame: `stream` is its codestream, or its native bytes.

    Raises:
        KeyError: nothing here decodes it.
        ValueError: it is not what the header says. Foreign decoders may raise anything else.

    """
    image = layout.image
    if not layout.encapsulated:
        return native(stream, image)
    values = np.asarray(decoder(UID(layout.syntax), image)(stream))
    shape = (image.rows, image.columns) + ((image.samples,) if image.samples > 1 else ())
    if values.shape != shape:
        raise ValueError(values.shape)
    return signed(values, image)


def signed(values: Frame, image: Image) -> Frame:
    """Return decoded `values` in the type of the header; decoders give what is signed unsigned."""
    if not image.showable:
        return values
    if image.representation and values.dtype.kind == "u":
        unused = BYTE * values.itemsize - image.bits_stored
        as_signed = values.view(f"i{values.itemsize}")
        values = (as_signed << unused) >> unused
    return values.astype(image.dtype, copy=False)


def native(raw: bytes, image: Image) -> Frame:
    """Return one frame of uncompressed little-endian pixels, of whole bytes or of single bits."""
    if image.bits == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return bits[: image.rows * image.columns].reshape(image.rows, image.columns)
    if image.photometric == "YBR_FULL_422":  # PS3.3 C.7.6.3.1.2: Y Y Cb Cr for two pixels
        pairs = np.frombuffer(raw, np.uint8).reshape(-1, 4)
        spread = pairs[:, [0, 2, 3, 1, 2, 3]]
        return spread.reshape(image.rows, image.columns, RGB)
    kind = "i" if image.representation else "u"
    values = np.frombuffer(raw, f"<{kind}{image.bits // BYTE}")
    return by_pixel(values, image, planar=image.planar == 1)


def coloured(frame: Frame, syntax: UID, image: Image, header: Dataset) -> Frame | None:
    """Return `frame` in grey values or RGB of 8 bits, or None where it is in neither."""
    if image.palette:
        frame = apply_color_lut(frame, header)
        return (frame >> 8).astype(np.uint8) if frame.dtype.itemsize > 1 else frame
    if image.samples == 1:
        return frame
    if frame.ndim != RGB or frame.shape[-1] != RGB or frame.dtype.kind != "u":
        return None
    eight = (frame >> max(image.bits_stored - BITS, 0)).astype(np.uint8)
    if image.photometric == "RGB" or syntax in MADE_RGB:
        return eight
    if image.photometric == "YBR_FULL" or (
        image.photometric == "YBR_FULL_422" and syntax in NATIVE
    ):
        return convert_color_space(eight, "YBR_FULL", "RGB")
    return eight if syntax in TRANSFORMING else None
