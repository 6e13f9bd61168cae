"""What the Image Pixel module says (PS3.3 C.7.6.3), and the digest of what it describes."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from pydicom.tag import Tag

from shared.dicom.outline import Outline, number, text
from shared.dicom.refusal import Unreadable

DTYPES = {(8, 0): "|u1", (8, 1): "|i1", (16, 0): "<u2", (16, 1): "<i2"}
BYTE = 8  # bits

Values = np.ndarray[Any, np.dtype[Any]]


def required(outline: Outline, keyword: str) -> int:
    """Return the number that `keyword` holds.

    Raises:
        LookupError: there is none.

    """
    found = optional(outline, keyword)
    if found is None:
        raise LookupError(keyword)
    return found


def optional(outline: Outline, keyword: str) -> int | None:
    """Return the number that `keyword` holds, or None where it is missing or empty.

    Raises:
        LookupError: it holds something else.

    """
    element = outline.elements.get(tag_for(keyword))
    if element is None or not element.length:
        return None
    found = number(element, big_endian=outline.big_endian)
    if found is None:
        raise LookupError(keyword)
    return found


@lru_cache
def tag_for(keyword: str) -> int:
    """Return the tag of `keyword` (PS3.6)."""
    return int(Tag(keyword))


@dataclass(frozen=True, slots=True)
class Image:
    """The shape of the pixels; `bits` are Bits Allocated, `representation` is 1 when signed."""

    rows: int
    columns: int
    samples: int
    planar: int | None  # Planar Configuration: 1 has a plane for each colour; None: not told
    bits: int
    bits_stored: int
    high_bit: int
    representation: int
    photometric: str
    frames: int

    @classmethod
    def of(cls, outline: Outline) -> "Image":
        """Return what the header says.

        Raises:
            Unreadable: an attribute is missing, or is no number, or cannot be true.

        """
        try:
            image = cls(
                rows=required(outline, "Rows"),
                columns=required(outline, "Columns"),
                samples=required(outline, "SamplesPerPixel"),
                planar=optional(outline, "PlanarConfiguration"),
                bits=required(outline, "BitsAllocated"),
                bits_stored=required(outline, "BitsStored"),
                high_bit=required(outline, "HighBit"),
                representation=required(outline, "PixelRepresentation"),
                photometric=text(outline.elements[tag_for("PhotometricInterpretation")]),
                frames=optional(outline, "NumberOfFrames") or 1,
            )
        except LookupError as cause:
            code = "header-incomplete"
            raise Unreadable(code) from cause
        if not image.sound:
            code = "header-incomplete"
            raise Unreadable(code)
        return image

    @property
    def sound(self) -> bool:
        """Say whether the numbers can be true."""
        least = min(self.rows, self.columns, self.samples, self.bits_stored, self.frames)
        return least >= 1 and self.bits_stored <= self.bits and self.representation in {0, 1}

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of one stored value, for 8 and 16 bits."""
        return np.dtype(DTYPES[self.bits, self.representation])

    @property
    def showable(self) -> bool:
        """Say whether one frame can be made a picture of without further thought."""
        return (self.bits, self.representation) in DTYPES

    @property
    def palette(self) -> bool:
        """Say whether the values are indices of a colour table."""
        return self.photometric == "PALETTE COLOR"

    @property
    def frame_bytes(self) -> int:
        """Return the length of one native frame of whole bytes."""
        return self.rows * self.columns * self.samples * (self.bits // BYTE)

    @property
    def native_bytes(self) -> int:
        """Return the length of all native frames, without the padding (PS3.5 §8.1.1)."""
        return -(-self.rows * self.columns * self.samples * self.bits * self.frames // BYTE)

    @property
    def shape(self) -> tuple[int | str, ...]:
        """Return all that makes the same stored values another picture.

        YBR_RCT tells how RGB is compressed, and is RGB again once it is decoded.
        """
        return (
            self.rows,
            self.columns,
            self.samples,
            self.bits,
            self.representation,
            "RGB" if self.photometric == "YBR_RCT" else self.photometric,
            self.frames,
        )


def by_pixel(values: Values, image: Image, *, planar: bool) -> Values:
    """Return the `values` of one frame in their shape, colours by pixel also where by plane."""
    if image.samples == 1:
        return values.reshape(image.rows, image.columns)
    if planar:
        planes = values.reshape(image.samples, image.rows, image.columns)
        return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    return values.reshape(image.rows, image.columns, image.samples)


class PixelDigest:
    """SHA-256 over a shape and the little-endian frames: equal digests are equal pictures."""

    def __init__(self, *shape: object) -> None:
        """Begin with the shape."""
        self._sha = sha256(("|".join(map(str, shape)) + "\n").encode())

    def add(self, frame: bytes | np.ndarray[Any, np.dtype[Any]]) -> None:
        """Add native little-endian bytes, or values of (rows, columns) or (rows, columns, 3)."""
        if isinstance(frame, np.ndarray):
            self._sha.update(np.ascontiguousarray(frame, frame.dtype.newbyteorder("<")).data)
        else:
            self._sha.update(frame)

    def hexdigest(self) -> str:
        """Return it as 64 hexadecimal digits."""
        return self._sha.hexdigest()
