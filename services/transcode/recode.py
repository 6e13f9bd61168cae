"""Re-encode one instance without changing a pixel. Pure: a file in, a file out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import imagecodecs
import numpy as np
from pydicom.uid import HTJ2KLosslessRPCL, VLWholeSlideMicroscopyImageStorage

from services.transcode.colour import changes, transformed, unclear
from services.transcode.frames import frames
from services.transcode.part10 import Parts
from services.transcode.splice import splice
from services.transcode.unfit import Unfit
from shared.dicom import text
from shared.dicom.coding import VIDEO
from shared.dicom.decoders import Frame, known, lossless, readable
from shared.dicom.image import Image, PixelDigest
from shared.dicom.refusal import Unreadable

CODEC = "htj2k-lossless-rpcl"
RECODABLE_BITS = {8, 16}  # Bits Allocated; 1-bit and 32-bit stay as they came
DISORDER = {"tags-out-of-order", "tag-repeated"}  # readers differ in what they make of these
LEVELS = 5  # decompositions, at least
SOP_CLASS_UID, WHOLE_SLIDE = 0x00080016, str(VLWholeSlideMicroscopyImageStorage)
BASE = 64  # pixels of the lowest resolution, at most, in one direction


@dataclass(slots=True)
class Recoding:
    """What is learned of an instance on the way, frame by frame."""

    image: Image
    digest: PixelDigest
    detail: int = 0  # bytes of the largest codestream: the most detailed frame's
    richest: Frame = field(default_factory=lambda: np.zeros((1, 1), np.uint8))


def recode(parts: Parts, out: BinaryIO, *, second_judge: bool) -> Recoding:
    """Write the instance into `out` as HTJ2K Lossless RPCL (PS3.5 §10.18), same UID, same pixels.

    Every frame is decoded again and compared; with `second_judge` also by a decoder that is not
    the encoder's own. One frame at a time is in memory.

    Raises:
        Unfit: nothing to gain, or not without loss, or a doubt: reports, lossy sources, video.
        Unreadable: its pixels cannot be decoded, or would change.

    """
    image = Image.of(parts.outline) if parts.value is not None else None
    reason = unfit(parts, image)
    if image is None or reason:
        raise Unfit(reason or "no-pixels")
    recoding = Recoding(image, PixelDigest(*image.shape))
    streams = encoded(parts, recoding, second_judge=second_judge)
    splice(out, parts, image.frames, streams, changes(image))
    return recoding


def unfit(parts: Parts, image: Image | None) -> str | None:
    """Say why the instance is better left as it came, or None."""
    if image is None:
        return "no-pixels" if parts.outline.pixels is None else "float-pixels"
    syntax = parts.syntax
    reasons = {
        "disordered": bool(DISORDER & set(parts.outline.warnings)),
        "whole-slide": text(parts.outline.elements.get(SOP_CLASS_UID)) == WHOLE_SLIDE,
        "video": syntax.startswith(VIDEO),
        "already-fast": syntax == HTJ2KLosslessRPCL,
        "lossy-source": known(syntax) and not lossless(syntax),
        "transfer-syntax": not lossless(syntax) or not readable(syntax),
        "bits-allocated": image.bits not in RECODABLE_BITS,
        # one that could not be turned: all others come as little endian
        "big-endian": parts.outline.big_endian,
        "photometric": unclear(image, syntax),
        "high-bit": image.high_bit != image.bits_stored - 1,
        "excess-pixels": excess(parts, image),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def excess(parts: Parts, image: Image) -> bool:
    """Say whether there is more than the header tells of, which a copy would drop."""
    if parts.encapsulated or parts.value is None:
        return False
    padding = 1  # to an even length (PS3.5 §8.1.1)
    return parts.end - parts.value > image.native_bytes + padding


def clean(frame: Frame, image: Image) -> bool:
    """Say whether the bits beyond Bits Stored only continue the value.

    Others may be an old overlay, or a header that is wrong: readers differ in what they make of
    them, and of a copy they might make something else (PS3.5 §8.1.1).
    """
    unused = image.bits - image.bits_stored
    return unused <= 0 or np.array_equal((frame << unused) >> unused, frame)


def encoded(parts: Parts, recoding: Recoding, *, second_judge: bool) -> Iterator[bytes]:
    """Yield the codestream of each frame, proven, and keep what is learned in `recoding`."""
    for frame in frames(parts, recoding.image):
        if not clean(frame, recoding.image):
            code = "unused-bits"
            raise Unfit(code)
        stream = encode(frame, rct=transformed(recoding.image))
        if not same(stream, frame, second_judge=second_judge):
            code = "pixels-changed"
            raise Unreadable(code)
        recoding.digest.add(frame)
        if len(stream) > recoding.detail:
            recoding.detail, recoding.richest = len(stream), frame
        yield stream


def encode(frame: Frame, *, rct: bool = False) -> bytes:
    """Return `frame` as a codestream whose first bytes are a thumbnail.

    A frame is (rows, columns), or (rows, columns, samples): with `rct` these go through the
    reversible colour transform. PS3.5 §10.18: resolution first, tile length markers present, and
    a base resolution of at most 64 in one direction.
    """
    levels = max(LEVELS, (min(frame.shape[:2]) // BASE).bit_length())
    one_part_per_resolution = 1
    return bytes(
        imagecodecs.htj2k_encode(
            frame,
            rgb=rct,
            planar=False,
            reversible=True,
            resolutions=levels,
            tlm=True,
            tilepart=one_part_per_resolution,
        )
    )


def same(stream: bytes, frame: Frame, *, second_judge: bool) -> bool:
    """Say whether `stream` gives `frame` back: by OpenJPH, which made it, and by OpenJPEG."""
    if not np.array_equal(imagecodecs.htj2k_decode(stream, planar=False), frame):
        return False
    return not second_judge or np.array_equal(imagecodecs.jpeg2k_decode(stream), frame)
