"""How a dataset is written: byte order, VRs, and what each transfer syntax says of them."""

from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import dictionary_VR

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
GE_PRIVATE = "1.2.840.113619.5.2"  # implicit little endian, with big-endian pixels
DEFLATED = {  # PS3.5 A.5, A.7, A.12: the dataset after the meta information is one deflate stream
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.205",
}
NATIVE = {
    IMPLICIT_LITTLE,
    EXPLICIT_LITTLE,
    EXPLICIT_BIG,
    GE_PRIVATE,
    "1.2.840.10008.1.2.1.99",
}
# PS3.5 A.4.5 ff.: a video is one stream, whatever its number of frames.
VIDEO = tuple(f"1.2.840.10008.1.2.4.10{digit}" for digit in range(9))

# PS3.5 §7.1.2: these have two reserved bytes and a length of 32 bits.
LONG_VRS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT",
            b"UV"}  # fmt: skip
SHORT_VRS = {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT",
             b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}  # fmt: skip
VRS = LONG_VRS | SHORT_VRS
FIRST_GROUPS = {0x0002, 0x0004, 0x0008}  # where a dataset without a preamble may begin
UNDEFINED = 0xFFFFFFFF  # PS3.5 §7.1: the length of what ends with a delimiter
PLAUSIBLE_LENGTH = 1 << 16  # of the first element of a dataset that declares nothing


@dataclass(frozen=True, slots=True)
class Coding:
    """The byte order, and whether VRs are written."""

    explicit: bool
    big_endian: bool


LITTLE = Coding(explicit=True, big_endian=False)
IMPLICIT = Coding(explicit=False, big_endian=False)
BIG = Coding(explicit=True, big_endian=True)
GUESSED_SYNTAX = {LITTLE: EXPLICIT_LITTLE, IMPLICIT: IMPLICIT_LITTLE, BIG: EXPLICIT_BIG}


def declared(syntax: str) -> Coding:
    """Return the coding that `syntax` demands; one that is not known is explicit little endian."""
    if syntax in {IMPLICIT_LITTLE, GE_PRIVATE}:
        return IMPLICIT
    return BIG if syntax == EXPLICIT_BIG else LITTLE


def written(vr: bytes) -> bool:
    """Say whether `vr` can be a VR, also one that is not known yet."""
    return vr.isalpha() and vr.isupper()


def seen(head: bytes, *, groups: set[int] | None = None) -> Coding | None:
    """Return the coding that the first 8 bytes of a dataset show, or None if they show none.

    `groups` are those that may come first; without it any group may.
    """
    if len(head) < 8:  # noqa: PLR2004  bytes of the shortest element
        return None
    little, big = int.from_bytes(head[:2], "little"), int.from_bytes(head[:2], "big")
    if head[4:6] in VRS:
        if big < little and (groups is None or big in groups):
            return BIG
        return LITTLE if groups is None or little in groups else None
    length = int.from_bytes(head[4:8], "little")
    known = groups is None or little in groups
    return IMPLICIT if known and (length <= PLAUSIBLE_LENGTH or length == UNDEFINED) else None


@lru_cache(maxsize=4096)
def vr_of(tag: int) -> str:
    """Return the VR of PS3.6 for `tag`, or UN."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"
