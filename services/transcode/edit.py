"""Other values in an Explicit VR Little Endian header; every other byte stays. Pure."""

from collections.abc import Mapping
from struct import Struct

from shared.dicom import Element, Outline

UL, US = Struct("<I"), Struct("<H")
GROUP = 0xFFFF0000
PADDING = {"UI": b"\0", "CS": b" "}  # PS3.5 §6.2: to an even length
NUMBER = "US"


def element(outline: Outline, tag: int) -> Element | None:
    """Return the element `tag`, of the meta information or of the dataset."""
    return outline.meta.get(tag) or outline.elements.get(tag)


def editable(outline: Outline, tags: Mapping[int, object]) -> bool:
    """Say whether each of `tags` is there in a form that its value can be written over.

    A VR may be another than PS3.6 has: a text is never written where a number should be.
    """
    found = [(element(outline, tag), value) for tag, value in tags.items()]
    return all(each is not None and fits(value, each.vr) for each, value in found)


def fits(value: object, vr: str) -> bool:
    """Say whether `value` can be written as `vr`, which has a length of two bytes."""
    return vr == NUMBER if isinstance(value, int) else vr in PADDING


def edited(start: bytes, outline: Outline, values: Mapping[int, str | int]) -> bytes:
    """Return `start` of a file with other `values` (tag → value), which must be `editable`.

    The group lengths that follow from them are corrected, where there are any (PS3.5 §7.2).
    """
    changed = bytearray(start)
    for tag in sorted(values, key=lambda tag: -place(outline, tag).offset):
        old = place(outline, tag)
        new = encoded(values[tag], old.vr)
        changed[old.offset - US.size : old.offset + old.length] = US.pack(len(new)) + new
        length = element(outline, tag & GROUP)
        if length is not None and length.length == UL.size:
            (told,) = UL.unpack_from(changed, length.offset)
            UL.pack_into(changed, length.offset, told + len(new) - old.length)
    return bytes(changed)


def place(outline: Outline, tag: int) -> Element:
    """Return the element `tag`, which is there."""
    found = element(outline, tag)
    if found is None:
        raise LookupError(tag)
    return found


def encoded(value: str | int, vr: str) -> bytes:
    """Return `value` as bytes of an even length."""
    if isinstance(value, int):
        return US.pack(value)
    raw = value.encode("ascii")
    return raw + PADDING[vr] * (len(raw) % 2)
