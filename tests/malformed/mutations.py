"""What is done to good files, and what must follow from it. Independent of the product.

`Must.REFUSE`: bytes are missing, or a length lies, or a limit is passed: no door may take it.
`Must.NOT_COPY`: the codestream is hurt where only a decoder sees it: no copy may be made of it.
`Must.ACCEPT`: odd, but sound. `Must.ANY`: either; nobody may die of it, and it has an outcome.

A lie or a cut that no reader could see has an `excuse`: it is `ANY`, and counted apart, so that an
oracle which excuses too much is seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from tests.malformed.layout import (
    ITEM,
    PIXEL_DATA,
    TRAILING_PADDING,
    UNDEFINED,
    Layout,
    Length,
    Order,
)
from tests.malformed.sources import Source

SOP_CLASS, ROWS, COLUMNS, FRAMES = 0x00080016, 0x00280010, 0x00280011, 0x00280008
SAMPLES, BITS, PHOTOMETRIC = 0x00280002, 0x00280100, 0x00280004
META_GROUP_LENGTH = 0x00020000


class Must(StrEnum):
    """What must become of a mutant."""

    REFUSE = "refuse"
    NOT_COPY = "not-copy"
    ACCEPT = "accept"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file; `what` says all that was done, so that it can be made again."""

    source: str
    kind: str
    what: str
    content: bytes
    must: Must
    excuse: str = ""  # why nobody can tell that it lies


BETWEEN, AFTER = "cut between two elements", "cut behind the last pixel"
SWALLOWS = "a length that swallows exactly whole elements"
HEADS = "a length that swallows whole elements, and the heads of a sequence of one item"
PADDING, EXCESS = "a length of padding", "a length that ends behind the last pixel"
SPELLED = "a length told where it was undefined, and right"


def cuts(source: Source, points: Iterator[int]) -> Iterator[Mutant]:
    """Cut the file; a cut after the last needed byte, or where nobody can tell, may pass."""
    content = source.content
    free = undetectable(source)
    for point in points:
        excuse = free.get(point, "")
        must = Must.ANY if excuse else Must.REFUSE
        yield Mutant(source.name, "cut", f"to {point}", content[:point], must, excuse)


def undetectable(source: Source) -> dict[int, str]:
    """Return the sizes to which `source` can be cut without a trace, and the excuse of each.

    With pixels: any from their last byte on. Without: where an element of the dataset ends.
    """
    plan = source.layout
    if plan is None or source.deflate is not None:
        return {}
    pixels = plan.find(PIXEL_DATA)
    if pixels is None:
        return {each.end: BETWEEN for each in plan.top()}
    needed = pixels.end
    due = native_bytes(source.inner, plan)
    if due is not None and pixels.claims != UNDEFINED:
        needed = pixels.start + due
    return dict.fromkeys(range(needed, len(source.inner)), AFTER)


def native_bytes(data: bytes, plan: Layout) -> int | None:
    """Return how long native pixel data must be (PS3.3 C.7.6.3), None if the header is silent."""
    factors = [number(data, plan, tag) for tag in (ROWS, COLUMNS, BITS)]
    if None in factors:
        return None
    total = (number(data, plan, SAMPLES) or 1) * (number(data, plan, FRAMES) or 1)
    for factor in factors:
        total *= factor or 0
    photometric = plan.find(PHOTOMETRIC)
    if photometric and data[photometric.start : photometric.end].startswith(b"YBR_FULL_422"):
        total = total * 2 // 3
    return -(-total // 8)


def number(data: bytes, plan: Layout, tag: int) -> int | None:
    """Return the US or IS under `tag`."""
    found = plan.find(tag)
    if found is None or not found.claims:
        return None
    value = data[found.start : found.end]
    if tag == FRAMES:
        return int(value.strip(b" \0"))
    return int.from_bytes(value[:2], "big" if found.big else "little")


def lies(source: Source, random: Random) -> Iterator[Mutant]:
    """Change every length field in every way that matters."""
    plan = source.layout
    if plan is None:
        return
    for each in plan.lengths:
        most = (1 << 8 * each.size) - 1
        rest = len(source.inner) - each.start
        claims = {
            "+1": each.claims + 1,
            "-1": each.claims - 1,
            "+2": each.claims + 2,
            "-2": each.claims - 2,
            "zero": 0,
            "max": most - 1,
            "undefined": most,
            "odd": random.randrange(rest + 1) | 1,
            "to the end": rest,
            "past the end": rest + 2,
            "any": random.randrange(most),
        }
        for name, claim in claims.items():
            claimed = claim & most
            if claimed != each.claims:
                yield lie(source, each, claimed, name)


def lie(source: Source, each: Length, claimed: int, name: str) -> Mutant:
    """Return `source` with one length field changed."""
    field = claimed.to_bytes(each.size, each.order)
    inner = source.inner[: each.at] + field + source.inner[each.at + each.size :]
    what = f"length of {each.tag:08x} at {each.at}: {each.claims} to {claimed} ({name})"
    excuse = excused(source, each, claimed)
    must = Must.ANY if excuse else Must.REFUSE
    if each.claims == UNDEFINED and each.start + claimed == each.end:
        # All is there. A sequence may be written so; fragments may not (PS3.5 A.4).
        must, excuse = (Must.NOT_COPY, "") if each.tag == PIXEL_DATA else (Must.ANY, SPELLED)
    return Mutant(source.name, "length", what, source.wrapped(inner), must, excuse)


def excused(source: Source, each: Length, claimed: int) -> str:
    """Say why a length may lie and all needed bytes still are where they were, or nothing.

    So it is for the padding after the pixels, for pixels that end before their excess, and for a
    value that swallows whole elements before the pixels: nothing in a file says which it should
    have.
    """
    plan = source.layout
    if plan is None:
        return "a file that the oracle does not understand"
    if each.tag == TRAILING_PADDING:
        return PADDING
    pixels = plan.find(PIXEL_DATA)
    if each.tag == PIXEL_DATA and each.top and each.claims != UNDEFINED:
        due = native_bytes(source.inner, plan)
        tail = source.inner[each.start + claimed :]
        return EXCESS if due is not None and claimed >= due and not tail.strip(b"\0") else ""
    before = pixels.begin if pixels is not None else len(source.inner)
    whole = {other.end for other in plan.lengths if each.end <= other.begin < before}
    at = each.start + claimed
    if each.vr == b"SQ" or each.tag == ITEM or at > before:
        return ""
    return SWALLOWS if at in whole else HEADS if enters(plan, each, at) else ""


def enters(plan: Layout, each: Length, at: int) -> bool:
    """Say whether the elements from `at` on could as well be those of the item that `each` is in.

    So it is where all that begins behind `each` and goes on at `at` has no delimiters, and ends
    where its sequence does: nothing then is left over of its heads.
    """
    around = [one for one in plan.lengths if each.end <= one.begin and one.start <= at < one.end]
    inner = {one.begin for one in plan.lengths if one.tag != ITEM}
    ends = {one.end for one in around if one.vr == b"SQ"}
    return at in inner and all(
        one.claims != UNDEFINED and (one.end in ends if one.tag == ITEM else one.vr == b"SQ")
        for one in around
        if one.begin < at
    )


def flips(source: Source, random: Random, count: int) -> Iterator[Mutant]:
    """Flip single bits; in a length it is a lie, elsewhere it may be a value like any other."""
    plan = source.layout
    fields = (
        {}
        if plan is None
        else {each.at + place: each for each in plan.lengths for place in range(each.size)}
    )
    for _ in range(count):
        at, bit = random.randrange(len(source.inner)), random.randrange(8)
        inner = bytearray(source.inner)
        inner[at] ^= 1 << bit
        if at in fields:
            each = fields[at]
            changed = bytes(inner[each.at : each.at + each.size])
            claimed = int.from_bytes(changed, "big" if each.big else "little")
            yield replace(lie(source, each, claimed, f"bit {bit} of {at}"), kind="flip")
        else:
            what = f"bit {bit} of byte {at}"
            yield Mutant(source.name, "flip", what, source.wrapped(bytes(inner)), Must.ANY)


def shuffles(source: Source, random: Random, count: int) -> Iterator[Mutant]:
    """Swap, repeat and drop whole elements at the top."""
    plan = source.layout
    elements = [] if plan is None else list(plan.top())
    if len(elements) < 2 or source.deflate is not None:
        return
    data = source.inner
    for _ in range(count):
        first, second = sorted(random.sample(elements, 2), key=lambda each: each.begin)
        one, other = data[first.begin : first.end], data[second.begin : second.end]
        head, middle, tail = data[: first.begin], data[first.end : second.begin], data[second.end :]
        names = f"{first.tag:08x} and {second.tag:08x}"
        for what, inner in (
            (f"{names} swapped", head + other + middle + one + tail),
            (f"{names} both at {first.begin}", head + other + one + middle + other + tail),
        ):
            yield Mutant(source.name, "tags", what, inner, Must.ANY)
    pixels = plan.find(PIXEL_DATA) if plan else None
    if pixels is not None:
        inner = data[: pixels.begin] + data[pixels.end :]
        yield Mutant(source.name, "tags", "no pixel data", inner, Must.REFUSE)


def representations(source: Source, random: Random, count: int) -> Iterator[Mutant]:
    """Give elements another VR of the same form, or one that does not exist."""
    plan = source.layout
    written = [each for each in plan.lengths if each.vr] if plan else []
    for each in random.sample(written, min(count, len(written))):
        vrs = (b"OB", b"UN", b"UT", b"OW") if each.size == 4 else (b"US", b"IS", b"PN", b"DA")
        for vr in (*vrs, b"ZZ", b"\0\0"):
            if vr != each.vr:
                place = each.begin + 4
                inner = source.inner[:place] + vr + source.inner[place + 2 :]
                what = f"VR of {each.tag:08x} at {each.begin}: {each.vr!r} to {vr!r}"
                yield Mutant(source.name, "vr", what, source.wrapped(inner), Must.ANY)


def claims(source: Source) -> Iterator[Mutant]:
    """Let the header claim more pixels than there are."""
    plan = source.layout
    pixels = plan.find(PIXEL_DATA) if plan else None
    if plan is None or pixels is None:
        return
    native = pixels.claims != UNDEFINED
    for tag in (ROWS, COLUMNS, SAMPLES, BITS):
        found = plan.find(tag)
        if found is None or found.claims != 2:
            continue
        for value in (number(source.inner, plan, tag) or 0) + 8, 255, 32768, 65535:
            field = value.to_bytes(2, "big" if found.big else "little")
            inner = source.inner[: found.start] + field + source.inner[found.end :]
            more = value > (number(source.inner, plan, tag) or 0)
            due = native_bytes(inner, plan) or 0
            short = native and more and due > pixels.claims
            shape = tag in {ROWS, COLUMNS} and not native and more
            must = Must.REFUSE if short else Must.NOT_COPY if shape else Must.ANY
            what = f"{tag:08x} claims {value}"
            yield Mutant(source.name, "claim", what, source.wrapped(inner), must)


def frame_counts(source: Source) -> Iterator[Mutant]:
    """Let the header claim more frames than there are, or what is no number."""
    plan = source.layout
    found = plan.find(FRAMES) if plan else None
    pixels = plan.find(PIXEL_DATA) if plan else None
    if plan is None or found is None or pixels is None or source.deflate is not None:
        return
    real = number(source.inner, plan, FRAMES) or 1
    for text in (b"9", b"1000", b"2147483648", b"999999999999", b"-1", b"0", b"1e9", b"2.0", b"x"):
        value = text + b" " * (len(text) % 2)
        field = len(value).to_bytes(found.size, found.order)
        head = source.inner[: found.at] + field + source.inner[found.at + found.size : found.start]
        inner = head + value + source.inner[found.end :]
        more = text.isdigit() and int(text) > real
        must = Must.REFUSE if more else Must.ANY
        yield Mutant(source.name, "frames", f"NumberOfFrames {text!r}", inner, must)


def fragments(source: Source, random: Random, count: int) -> Iterator[Mutant]:
    """Hurt the fragments, with lengths that fit what is left."""
    plan = source.layout
    found = [each for each in plan.lengths if each.fragment] if plan else []
    if plan is None or len(found) < 2 or source.deflate is not None:
        return
    data, frames = source.inner, number(source.inner, plan, FRAMES) or 1
    last = found[-1]
    must = Must.REFUSE if len(found) - 1 == frames else Must.NOT_COPY
    inner = data[: last.begin] + data[last.end :]
    yield Mutant(source.name, "fragment", "the last is missing", inner, must)
    for _ in range(count):
        each = random.choice(found[1:])
        # The end-of-image marker and the padding are left out of what counts as hurt.
        keep = random.randrange(0, max(each.claims - 16, 2)) & ~1
        short = data[each.start : each.start + keep]
        inner = data[: each.begin] + item(short, big=each.big) + data[each.end :]
        what = f"fragment at {each.begin} cut to {keep} bytes"
        yield Mutant(source.name, "fragment", what, inner, Must.NOT_COPY)
        gap = data[each.start + keep + 2 : each.end]
        inner = data[: each.begin] + item(short + gap, big=each.big) + data[each.end :]
        what = f"fragment at {each.begin} without 2 bytes at {keep}"
        yield Mutant(source.name, "fragment", what, inner, Must.ANY)
    noise = item(random.randbytes(4 * frames), big=False)
    inner = data[: found[0].begin] + noise + data[found[0].end :]
    yield Mutant(source.name, "fragment", "an offset table of noise", inner, Must.ANY)


def item(value: bytes, *, big: bool, claims: int | None = None) -> bytes:
    """Return an item."""
    order: Order = "big" if big else "little"
    length = len(value) if claims is None else claims
    head = ITEM.to_bytes(4, "big") if big else b"\xfe\xff\x00\xe0"
    return head + length.to_bytes(4, order) + value


def inserted(source: Source, element: bytes, before: int, what: str, must: Must) -> Mutant:
    """Return `source` with `element` before the first top-level tag that is not below `before`."""
    plan = source.layout
    places = [each.begin for each in plan.top() if each.tag >= before] if plan else []
    at = min(places, default=len(source.inner))
    inner = source.inner[:at] + element + source.inner[at:]
    return Mutant(source.name, "inserted", what, source.wrapped(inner), must)


def nests(source: Source) -> Iterator[Mutant]:
    """Nest sequences: as deep as real ones, 300 deep and 200,000 deep; and 8 MB of empty items.

    `source` must be in explicit VR little endian.
    """
    opening = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    for depth, must in ((20, Must.ACCEPT), (300, Must.REFUSE), (200_000, Must.REFUSE)):
        nested = opening * depth + closing * depth
        yield inserted(source, nested, 0x0040A730, f"{depth} sequences deep", must)
        yield inserted(source, opening * depth, 0x0040A730, f"{depth} never closed", Must.REFUSE)
    many = item(b"", big=False) * (1 << 20)
    whole = b"\x40\x00\x30\xa7SQ\0\0" + len(many).to_bytes(4, "little") + many
    yield inserted(source, whole, 0x0040A730, "8 MB of empty items", Must.REFUSE)
    some = item(b"", big=False) * 5000
    whole = b"\x40\x00\x30\xa7SQ\0\0" + len(some).to_bytes(4, "little") + some
    yield inserted(source, whole, 0x0040A730, "5,000 empty items", Must.ACCEPT)
    undefined = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff" + many + b"\xfe\xff\xdd\xe0\0\0\0\0"
    yield inserted(source, undefined, 0x0040A730, "8 MB of them, undefined length", Must.REFUSE)


PREAMBLES = {b"MZ": 1, b"\x7fELF": 1, b"#!/bin/sh\n": 1, b"PK\3\4": 1, b"%PDF-1.7": 1, b"II*\0": 0}


def preambles(source: Source) -> Iterator[Mutant]:
    """Let the file begin like a program; a TIFF is none (PS3.10 §7.1)."""
    for magic, bad in PREAMBLES.items():
        content = magic.ljust(128, b"\0") + source.content[128:]
        must = Must.REFUSE if bad else Must.ACCEPT
        yield Mutant(source.name, "preamble", f"begins with {magic!r}", content, must)


CHARACTER_SETS = (
    *(b"", b"\\ISO 2022 IR 87", b"ISO 2022 IR 149\\ISO 2022 IR 58", b"GB18030", b"NO_SUCH_SET"),
    *(b"utf-8\\..\\..", b"\x1b$B\x1b(J", b"ISO_IR 192\\ISO_IR 100", b"\\" * 500, b"rot13", b"hex"),
)
NAMES = (
    *(b"\x1b", b"\x1b$B", b"\x1b$)C\xff\xff", b"\x1b(B" * 1000, b"\xff\xfe\xfd", b"^" * 2000),
    *(b"=" * 2000, b"\\" * 2000, b"\xe2\x80\xae^txt.exe", b"\0\0\0", b"a\r\n\x1b[2J"),
)


def texts(source: Source) -> Iterator[Mutant]:
    """Put odd character sets and escapes into a name; the lengths are right, so it is sound.

    `source` must be in explicit VR little endian, and have no character set.
    """
    for charset in CHARACTER_SETS:
        for name in NAMES:
            even = (charset + b" " * (len(charset) % 2), name + b" " * (len(name) % 2))
            (first, second) = (len(each).to_bytes(2, "little") + each for each in even)
            changed = inserted(source, b"\x08\0\x05\0CS" + first, 0x00080005, "", Must.ANY)
            again = Source(source.name, changed.content)
            what = f"character set {charset[:30]!r}, name {name[:12]!r} of {len(name)} bytes"
            found = inserted(again, b"\x10\0\x10\0PN" + second, 0x00100010, what, Must.ACCEPT)
            yield replace(found, kind="text")


UIDS = (
    *(b"../../../../etc/passwd", b"1.2.3/4", b"1..2", b"1.2.", b".1", b"\xd9\xa1.2", b"", b"1 2"),
    *(b"1." * 33 + b"1", b"1.2\\1.3", b"\0\0"),
)


def names(source: Source) -> Iterator[Mutant]:
    """Put what is no UID where the key comes from; the length is right."""
    plan = source.layout
    for tag in (0x0020000D, 0x0020000E, 0x00080018):
        found = plan.find(tag) if plan else None
        if found is None or source.deflate is not None:
            continue
        for uid in UIDS:
            value = uid + b"\0" * (len(uid) % 2)
            field = len(value).to_bytes(found.size, found.order)
            head = source.inner[: found.at] + field
            head += source.inner[found.at + found.size : found.start]
            inner = head + value + source.inner[found.end :]
            what = f"{tag:08x} is {uid[:24]!r}"
            yield Mutant(source.name, "uid", what, inner, Must.REFUSE)


def all_of(source: Source, seed: str, flipped: int = 400, shuffled: int = 60) -> Iterator[Mutant]:
    """Yield every mutant of a small source but its cuts, which may be many."""
    random = Random(seed)  # noqa: S311  the same each time
    yield from lies(source, random)
    yield from flips(source, random, flipped)
    yield from shuffles(source, random, shuffled)
    yield from representations(source, random, shuffled)
    yield from claims(source)
    yield from frame_counts(source)
    yield from fragments(source, random, shuffled)
    yield from names(source)
    if source.inner[128:132] == b"DICM":
        yield from preambles(source)
