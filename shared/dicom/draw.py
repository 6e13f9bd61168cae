"""One frame drawn as a JPEG or PNG, or decoded. Runs only in a limited child."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from pydicom import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import UID

from shared.dicom.layout import Layout
from shared.dicom.picture import Said, Values, jpeg, of_frame, png, toned, window
from shared.dicom.refusal import Unreadable
from shared.dicom.showing import coloured, frame_of

PIXEL_GROUP = 0x7FE0


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a frame is drawn; it fits into `width` by `height`, and is never enlarged.

    Without a `window`, the file's own counts.
    """

    width: int | None = None
    height: int | None = None
    window: Said | None = None
    quality: int = 90
    png: bool = False
    part: "Part | None" = None  # of the picture; None: all of it


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture, in its pixels; what is None reaches to its end."""

    left: int = 0
    top: int = 0
    width: int | None = None
    height: int | None = None

    def of(self, picture: Values) -> Values:
        """Return this part of `picture`.

        Raises:
            Unreadable: it lies outside.

        """
        rows, columns = picture.shape[:2]
        height, width = self.height or rows - self.top, self.width or columns - self.left
        if min(height, width) < 1 or self.top + height > rows or self.left + width > columns:
            code = "no-such-part"
            raise Unreadable(code)
        return picture[self.top : self.top + height, self.left : self.left + width]


def drawn(file: BinaryIO, stream: bytes, layout: Layout, number: int, how: Drawing) -> bytes:
    """Return the frame `number`, from 0, as a picture; `stream` is what it is in `file`.

    Raises:
        Unreadable: it cannot be drawn.

    """
    with foreign():
        header = of_frame(header_of(file), number)
        frame = frame_of(stream, layout)
        colours = coloured(frame, UID(layout.syntax), layout.image, header)
        if colours is None:
            raise LookupError(layout.image.photometric)
        if how.part:
            colours = how.part.of(colours)
        picture = toned(colours, window(header, how.window), how.width, how.height)
        return png(picture) if how.png else jpeg(picture, how.quality)


def decoded(stream: bytes, layout: Layout) -> bytes:
    """Return the frame that is `stream` as native little-endian pixels, colours by pixel.

    Raises:
        Unreadable: it cannot be decoded.

    """
    with foreign():
        frame = frame_of(stream, layout)
        return np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).tobytes()


def header_of(file: BinaryIO) -> Dataset:
    """Return what stands before group 7FE0."""
    file.seek(0)
    return read_partial(file, stop_when=at_pixels, force=True)


def bulk(file: BinaryIO, path: Sequence[str]) -> bytes:
    """Return the bytes of one value, as they are in little endian.

    `path` leads to it by tags and numbers of items, as in `00283010`, `0`, `00283006`.

    Raises:
        Unreadable: there is no such value.

    """
    with foreign():
        *above, tag = path
        dataset: Dataset = header_of(file)
        if dataset.original_encoding[1] is False:
            raise LookupError
        for sequence, item in zip(above[::2], above[1::2], strict=True):
            dataset = dataset[int(sequence, 16)].value[int(item)]
        found = dataset.get_item(int(tag, 16))
        if found is None or not isinstance(found.value, bytes):
            raise LookupError
        return found.value


def at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    """Say whether `tag` is the pixel data's, its offset tables', or of what follows."""
    return tag.group >= PIXEL_GROUP


@contextmanager
def foreign() -> Iterator[None]:
    """Make one error of all that foreign parsers and decoders raise; their texts quote values."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (MemoryError, Unreadable):
        raise  # our fault, or our own verdict
    except Exception:  # noqa: BLE001  a foreign decoder may raise anything at all
        code = "cannot-draw"
        raise Unreadable(code) from None
