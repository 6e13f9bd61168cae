"""Whether a JPEG 2000 codestream is all there (ISO/IEC 15444-1 annex A). Pure.

OpenJPH decodes one that was cut and says nothing; imagecodecs keeps OpenJPH's errors to itself,
and gives what lay in memory.
"""

import sys
from struct import error, unpack_from
from typing import Any

import imagecodecs
import numpy as np

SOC, SOT, EOC = 0xFF4F, 0xFF90, 0xFFD9
HEADER = 12  # bytes of SOT and its segment


class Cut(Exception):
    """The codestream is not whole, or cannot be decoded."""


def htj2k(stream: bytes) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the values of a whole codestream in HTJ2K.

    Raises:
        Cut: it ends early, or OpenJPH gave up in its middle.

    """
    if not whole(stream):
        raise Cut
    kept_back: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, kept_back.append
    try:
        values: np.ndarray[Any, np.dtype[Any]] = imagecodecs.htj2k_decode(stream)
    finally:
        sys.unraisablehook = hook
    if kept_back:
        raise Cut
    return values


def whole(stream: bytes) -> bool:
    """Say whether its tile-parts, each as long as it says, lead to its end."""
    try:
        return stream[end(stream) :].strip(b"\0") == b""  # PS3.5 A.4: padded to an even length
    except error:  # a number past the end
        return False


def end(stream: bytes) -> int:
    """Return where the codestream ends by its markers, or 0 where they do not lead to its end."""
    (marker,) = unpack_from(">H", stream, 0)
    at = 2 if marker == SOC else len(stream)
    while (marker := unpack_from(">H", stream, at)[0]) != EOC:
        if marker != SOT:  # in the main header: a segment with its length
            at += 2 + unpack_from(">H", stream, at + 2)[0]
            continue
        (length,) = unpack_from(">L", stream, at + 6)
        if length == 0:  # A.4.2: the last one, up to the end
            last = stream.rstrip(b"\0")
            return len(last) if last.endswith(EOC.to_bytes(2, "big")) else 0
        at += max(length, HEADER)
    return at + 2
