"""What the walker found in a file: what lies where, without the pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

PIXEL_DATA = 0x7FE00010
FLOAT_PIXEL_DATA = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009
PIXELS = {PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA}  # PS3.3 C.7.6.24


@dataclass(frozen=True, slots=True)
class Element:
    """One top-level element. `offset` and `length` of its value, in bytes.

    Where the length was undefined, it runs to the end of the Sequence Delimitation Item.
    `value` is kept when it is at most 4 KiB and no sequence.
    """

    vr: str
    offset: int
    length: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Pixels:
    """The pixel data: native (`fragments` is None), or so many fragments after the first item."""

    tag: int
    offset: int
    length: int
    fragments: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole file. Offsets count in the inflated dataset where `deflated`, else in the file."""

    preamble: bytes  # 128 bytes, or none
    meta: Mapping[int, Element]  # group 0002
    transfer_syntax: str  # as declared, or as guessed where nothing is declared
    elements: Mapping[int, Element]  # the dataset's, by tag
    pixels: Pixels | None
    deflated: bool
    big_endian: bool
    warnings: tuple[str, ...]


def text(element: Element | None) -> str:
    """Return a UID, code or plain string without its padding; empty where there is none.

    PS3.5 §6.2 pads UIDs with a NUL and all else with a space; real files mix them. What is not
    ASCII becomes U+FFFD: names are not for this function.
    """
    if element is None or element.value is None:
        return ""
    return element.value.decode("ascii", "replace").strip(" \0")


def number(element: Element | None, *, big_endian: bool) -> int | None:
    """Return the first value of a US, or of an IS (a string of digits), or None."""
    if element is None or not element.value:
        return None
    if element.vr == "IS":
        digits = text(element).partition("\\")[0].strip()
        return int(digits) if digits.isascii() and digits.isdigit() else None
    if len(element.value) < 2:  # noqa: PLR2004  bytes of a US
        return None
    return int.from_bytes(element.value[:2], "big" if big_endian else "little")
