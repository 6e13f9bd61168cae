"""Which decoder reads which transfer syntax, and what a syntax promises. Pure."""

from collections.abc import Callable
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
from pydicom.uid import (
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from shared.dicom.image import Image

Frame = np.ndarray[Any, np.dtype[Any]]

# RLE is pydicom's own; for these it would need further packages, one of them GPL.
DECODERS: dict[UID, Callable[[bytes], Frame]] = {
    JPEGLossless: imagecodecs.jpegsof3_decode,
    JPEGLosslessSV1: imagecodecs.jpegsof3_decode,
    JPEGLSLossless: imagecodecs.jpegls_decode,
    JPEG2000Lossless: imagecodecs.jpeg2k_decode,
    HTJ2KLossless: partial(imagecodecs.htj2k_decode, planar=False),
    HTJ2KLosslessRPCL: partial(imagecodecs.htj2k_decode, planar=False),
}


def by_turbo(stream: bytes, image: Image) -> Frame:
    """Return a frame of lossless JPEG by libjpeg-turbo, colours as they are."""
    told = "RGB" if image.samples > 1 else None
    return np.asarray(imagecodecs.jpeg8_decode(stream, colorspace=told, outcolorspace=told))


def by_openjpeg(stream: bytes, _: Image) -> Frame:
    """Return a frame of JPEG 2000, of either kind, by OpenJPEG."""
    return np.asarray(imagecodecs.jpeg2k_decode(stream))


# Of these the first decoder reads on where a stream is cut: a second one must read the same.
SECOND: dict[UID, Callable[[bytes, Image], Frame]] = {
    JPEGLossless: by_turbo,
    JPEGLosslessSV1: by_turbo,
    HTJ2KLossless: by_openjpeg,
}


def known(syntax: UID) -> bool:
    """Say whether `syntax` is a public one; of a private one nobody knows what it does."""
    return syntax.type == "Transfer Syntax"


def lossless(syntax: UID) -> bool:
    """Say whether `syntax` allows no loss (PS3.6 Table A-1 says so in its name)."""
    if not known(syntax):
        return False
    return not syntax.is_encapsulated or ("Lossless" in syntax.name and "Near" not in syntax.name)


def readable(syntax: UID) -> bool:
    """Say whether the frames of a lossless `syntax` can be had."""
    return not syntax.is_encapsulated or syntax in DECODERS or syntax == RLELossless
