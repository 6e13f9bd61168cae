"""A frame to look at, of any instance that can be shown. Pure."""

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

import numpy as np
from pydicom.encaps import generate_frames

from services.transcode.part10 import Parts, header
from shared.dicom.decoders import Frame, known
from shared.dicom.image import Image, by_pixel
from shared.dicom.picture import thumbnail, window
from shared.dicom.showing import coloured, decoder

Made = TypeVar("Made")


def glimpse(parts: Parts, image: Image) -> Frame | None:
    """Return the middle frame as its decoder gives it, or None where it is not easily had."""
    unclear = parts.outline.big_endian or not known(parts.syntax)
    if parts.value is None or not image.showable or unclear:
        return None
    return attempted(middle, parts, image)


def picture(frame: Frame, parts: Parts, image: Image) -> bytes | None:
    """Return a small JPEG of `frame`, or None where its colours are not easily had."""

    def drawn() -> bytes | None:
        told = header(parts)
        colours = coloured(frame, parts.syntax, image, told)
        return None if colours is None else thumbnail(colours, window(told))

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
        return np.asarray(decoder(parts.syntax, image)(next(islice(streams, number, None))))
    parts.file.seek(number * image.frame_bytes, 1)
    frame = np.frombuffer(parts.file.read(image.frame_bytes), image.dtype)
    return by_pixel(frame, image, planar=image.planar == 1)
