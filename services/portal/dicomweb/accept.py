"""What an Accept header wishes for (RFC 9110 §12.5.1, PS3.18 §8.7), and what it gets. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 2000  # characters of the header
# Commas and semicolons within quotes are none. `transfer-syntax=*` comes unquoted from viewers.
RANGES = re.compile(r'(?:[^,"]|"[^"]*")+')
PARAMETERS = re.compile(r'(?:[^;"]|"[^"]*")+')
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
OCTETS, ANY, RELATED = "application/octet-stream", "*/*", "multipart/related"
DICOM, ZIP = "application/dicom", "application/zip"
# PS3.18 Tables 8.7.3-4 and 8.7.3-5: the media type of a compressed frame.
MEDIA = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70)), "image/jpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (80, 81)), "image/jls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (90, 91)), "image/jp2"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (92, 93)), "image/jpx"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (201, 202, 203)), "image/jphc"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (110, 111, 112)), "image/jxl"),
}


class Unreadable(ValueError):
    """The header is no list of media ranges."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One media range; of `multipart/related` (`related`) it is the `type` within."""

    media: str
    related: bool
    syntax: str | None  # a UID, or `*`
    quality: float

    def takes(self, media: str) -> bool:
        """Say whether `media` is within the range."""
        return self.media in {ANY, media, f"{media.partition('/')[0]}/*"}


@dataclass(frozen=True, slots=True)
class Form:
    """In what form something is sent."""

    media: str
    syntax: str
    multipart: bool
    decoded: bool = False  # as native little-endian pixels, and not as it is stored

    @property
    def part(self) -> str:
        """Return the Content-Type of one part."""
        return f"{self.media}; transfer-syntax={self.syntax}"


def wishes(header: str | None) -> list[Wish]:
    """Return what is wished for, the dearest first.

    Raises:
        Unreadable: `header` is absurd.

    """
    told = header.strip() if header else ""
    if len(told) > LONGEST:
        raise Unreadable
    found = [wish(each) for each in RANGES.findall(told or ANY)]
    kept = [each for each in found if each.quality > 0]
    return sorted(kept, key=lambda each: -each.quality)


def wish(said: str) -> Wish:
    """Return one media range with its parameters."""
    media, *rest = (each.strip() for each in PARAMETERS.findall(said))
    told = {}
    for each in rest:
        name, _, value = each.partition("=")
        told[name.strip().lower()] = value.strip().strip('"').strip()
    try:
        quality = float(told.get("q", "1"))
    except ValueError:
        raise Unreadable from None
    media, related = media.lower(), media.lower() == RELATED
    if "/" not in media or not 0 <= quality <= 1:
        raise Unreadable
    within = told.get("type", ANY).lower() if related else media
    return Wish(within, related, told.get("transfer-syntax"), quality)


def of_frames(wished: Iterable[Wish], stored: str, *, native: bool, one: bool) -> Form | None:
    """Return how frames of transfer syntax `stored` are sent, or None where no form will do.

    `native` pixels lie there uncompressed; `one` frame alone may be sent without parts.
    """
    syntax = EXPLICIT_LITTLE if native else stored
    media = OCTETS if native else MEDIA.get(stored, OCTETS)
    for each in wished:
        multipart = each.related or each.media == ANY
        if not multipart and not one:
            continue
        if as_stored(each, media, syntax):
            return Form(media, syntax, multipart)
        # PS3.18 §8.7.3.3.2: octets without a transfer syntax are Explicit VR Little Endian.
        if each.takes(OCTETS) and each.syntax in {None, EXPLICIT_LITTLE} and not native:
            return Form(OCTETS, EXPLICIT_LITTLE, multipart, decoded=True)
    return None


def as_stored(wished: Wish, media: str, syntax: str) -> bool:
    """Say whether what is stored will do; octets may be of any syntax that is named, or of all."""
    if wished.syntax == "*" and wished.takes(OCTETS):
        return True
    return wished.syntax in {None, "*", syntax} and (
        wished.takes(media) or (wished.syntax == syntax and wished.takes(OCTETS))
    )


def of_file(wished: Iterable[Wish], stored: str) -> Form | None:
    """Return how a whole file of transfer syntax `stored` is sent, or None where no form will do.

    Who takes anything gets it as it is stored. PS3.18 §8.7.3.3.1: DICOM without a transfer syntax
    is Explicit VR Little Endian.
    """
    for each in wished:
        if not each.takes(DICOM):
            continue
        anything = each.syntax == "*" or (each.syntax is None and each.media == ANY)
        if anything or stored == (each.syntax or EXPLICIT_LITTLE):
            return Form(DICOM, stored, each.related)
        if each.syntax in {None, EXPLICIT_LITTLE}:
            return Form(DICOM, EXPLICIT_LITTLE, each.related, decoded=True)
    return None


def wish_for(wished: Iterable[Wish], media: str) -> Wish | None:
    """Return the dearest wish that `media` fulfils, or None."""
    return next((each for each in wished if each.takes(media)), None)


def first_of(wished: Iterable[Wish], offered: Iterable[str]) -> str | None:
    """Return the first media type of `offered` that the dearest wish takes, or None."""
    ours = list(offered)
    return next((media for each in wished for media in ours if each.takes(media)), None)
