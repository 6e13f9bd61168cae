"""A ZIP of stored members, computed from their sizes and CRC-32s alone. Pure.

APPNOTE.TXT 6.3.9. As nothing is compressed, the length is known before a byte is read, and every
byte has a place that can be computed: a range is sent without reading what lies before it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from struct import pack
from typing import TypeAlias

LIMIT = 0xFFFFFFFF  # a size or offset from here on stands in a ZIP64 field (§4.4.8, §4.5.3)
MANY = 0xFFFF  # the same of counts (§4.4.21)
PLAIN, LARGE = 10, 45  # version needed to extract (§4.4.3.2)
MADE_BY = 3 << 8 | LARGE  # Unix (§4.4.2), so that the file's mode counts
MODE = 0o100644 << 16
EPOCH = 1980  # the first year that MS-DOS knows


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the ZIP; `path` is ASCII, `size` in bytes."""

    path: str
    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A member in its place: offsets in bytes from the beginning of the ZIP.

    `at` is where its header begins, `ends` where its content ends. `entry` is where its entry in
    the central directory begins, from that directory's own beginning; `entry_ends` where it ends.
    """

    member: Member
    place: int  # 0, 1, 2 …
    at: int
    ends: int
    entry: int
    entry_ends: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a ZIP is, and when its files are said to be made."""

    count: int
    directory_at: int
    directory_size: int
    made_at: datetime

    @property
    def size(self) -> int:
        """Return the length of the whole in bytes."""
        return self.directory_at + self.directory_size + len(ending(self))


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a member's content, in bytes from its beginning."""

    placed: Placed
    start: int
    stop: int


Part: TypeAlias = bytes | Slice


def place(members: Iterable[Member]) -> Iterator[Placed]:
    """Yield the members, each in its place."""
    at = entry = 0
    for number, member in enumerate(members):
        ends = at + local_length(member) + member.size
        entry_ends = entry + 46 + len(member.path) + len(directory_extra(member, at))
        yield Placed(member, number, at, ends, entry, entry_ends)
        at, entry = ends, entry_ends


def cut(
    members: Iterable[Placed], entries: Iterable[Placed], shape: Shape, start: int, stop: int
) -> Iterator[Part]:
    """Yield the bytes from `start` up to `stop`.

    `members` are those whose bytes lie there, and `entries` those whose entry in the directory
    does, each in order; others may be among them.
    """
    for placed in members:
        header = local(placed.member, shape.made_at)
        yield from within(header, placed.at, start, stop)
        content = placed.at + len(header)
        first, last = max(start, content), min(stop, placed.ends)
        if first < last:
            yield Slice(placed, first - content, last - content)
    for placed in entries:
        said = directory(placed.member, placed.at, shape.made_at)
        yield from within(said, shape.directory_at + placed.entry, start, stop)
    yield from within(ending(shape), shape.directory_at + shape.directory_size, start, stop)


def within(said: bytes, at: int, start: int, stop: int) -> Iterator[bytes]:
    """Yield what of `said`, which begins at `at`, lies from `start` up to `stop`."""
    if found := said[max(start - at, 0) : max(stop - at, 0)]:
        yield found


def local_length(member: Member) -> int:
    """Return how long the header before a member's content is, in bytes."""
    return 30 + len(member.path) + (20 if member.size >= LIMIT else 0)


def local(member: Member, made_at: datetime) -> bytes:
    """Return the header that stands before a member's content (§4.3.7)."""
    extra, size, version = b"", member.size, PLAIN
    if member.size >= LIMIT:
        extra, size, version = pack("<HHQQ", 1, 16, member.size, member.size), LIMIT, LARGE
    head = (version, 0, 0, *clock(made_at), member.crc32, size, size, len(member.path), len(extra))
    return b"PK\3\4" + pack("<5H3L2H", *head) + member.path.encode("ascii") + extra


def directory(member: Member, at: int, made_at: datetime) -> bytes:
    """Return a member's entry in the central directory (§4.3.12); its header is at `at`."""
    extra = directory_extra(member, at)
    size, version = min(member.size, LIMIT), LARGE if extra else PLAIN
    head = (MADE_BY, version, 0, 0, *clock(made_at), member.crc32, size, size)
    tail = (len(member.path), len(extra), 0, 0, 0, MODE, min(at, LIMIT))
    said = pack("<6H3L", *head) + pack("<5H2L", *tail)
    return b"PK\1\2" + said + member.path.encode("ascii") + extra


def directory_extra(member: Member, at: int) -> bytes:
    """Return the ZIP64 field of an entry, or nothing: only what has no room elsewhere (§4.5.3)."""
    large = [member.size, member.size] if member.size >= LIMIT else []
    large += [at] if at >= LIMIT else []
    return pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""


def ending(shape: Shape) -> bytes:
    """Return what stands behind the central directory (§4.3.14 to §4.3.16)."""
    count, size, at = shape.count, shape.directory_size, shape.directory_at
    said = b""
    if count >= MANY or size >= LIMIT or at >= LIMIT:
        told = (44, MADE_BY, LARGE, 0, 0, count, count, size, at)
        said = b"PK\6\6" + pack("<Q2H2L4Q", *told)
        said += b"PK\6\7" + pack("<LQL", 0, at + size, 1)
    number = min(count, MANY)
    last = (0, 0, number, number, min(size, LIMIT), min(at, LIMIT), 0)
    return said + b"PK\5\6" + pack("<4H2LH", *last)


def clock(when: datetime) -> tuple[int, int]:
    """Return a moment as MS-DOS says it: time and date (§4.4.6)."""
    date = (max(when.year, EPOCH) - EPOCH) << 9 | when.month << 5 | when.day
    return when.hour << 11 | when.minute << 5 | when.second // 2, date
