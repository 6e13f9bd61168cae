"""A ZIP file read strictly, and what in it is for us. Pure.

Not `zipfile`: it reads a central directory whole, whatever its size, and believes it where the
parts overlap. Here nothing is held but a number of numbers for each member, and no name is used
as a place. Clauses are those of PKWARE's APPNOTE 6.3.10.
"""

import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from struct import Struct
from struct import error as TooShort  # noqa: N812  what it says
from typing import BinaryIO

from services.ingest.declared import SUFFIX
from shared.reasons import Reason

LOCAL, CENTRAL, LOCATOR, END, END64 = b"PK\3\4", b"PK\1\2", b"PK\6\7", b"PK\5\6", b"PK\6\6"
LOCAL_HEADER = Struct("<4s5H3L2H")  # §4.3.7
CENTRAL_HEADER = Struct("<4s6H3L5H2L")  # §4.3.12
END_RECORD = Struct("<4s4H2LH")  # §4.3.16
END64_RECORD, END64_LOCATOR = Struct("<4sQ2H2L4Q"), Struct("<4sLQL")  # §4.3.14, §4.3.15
EXTRA, EXTRA64 = Struct("<2H"), 1  # §4.5.3
ALL_ONES, WIDE = 0xFFFFFFFF, Struct("<Q")
COMMENT = 0xFFFF  # bytes at most behind the end record
ENCRYPTED = 0x1 | 0x40 | 0x2000  # §4.4.4: bits 0, 6, 13
STORED, DEFLATED = 0, 8  # §4.4.5: the two of which the output can be bounded
CHUNK = 1 << 18  # bytes
HEAD = 4096  # bytes of a member that tell what it is
PREAMBLE = 128  # bytes, PS3.10 §7.1
MANIFEST = SUFFIX.encode()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is unpacked; sizes in bytes."""

    members: int = 50_000
    directory: int = 64 << 20
    unpacked: int = 20 << 30
    ratio: int = 200
    harmless: int = 64 << 20  # unpacked, at which no ratio is a bomb


BOUNDS = Bounds()


class NotUnpacked(Exception):
    """The archive is refused as a whole, with a reason of `Reason`."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason; nothing of what is in the archive."""
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, by its number in the central directory; sizes in bytes.

    `manifest` and `archive` are what its name says that it is.
    """

    number: int
    offset: int
    packed: int
    size: int
    crc32: int
    deflated: bool
    manifest: bool
    archive: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of an archive that are for us, and how many are not."""

    members: tuple[Member, ...]
    foreign: int


def is_zip(file: BinaryIO) -> bool:
    """Say whether `file` begins like a ZIP file with something in it."""
    file.seek(0)
    return file.read(len(LOCAL)) == LOCAL


def archive_of(file: BinaryIO, bounds: Bounds = BOUNDS) -> Archive:
    """Return what is to be unpacked, once every byte of every member has proved sound.

    Raises:
        NotUnpacked: it is past a limit, contradicts itself, or has nothing for us in it.

    """
    try:
        members = sound(list(directory(file, bounds)), file.seek(0, SEEK_END), bounds)
        ours = tuple(member for member in members if is_ours(member, file))
    except (TooShort, zlib.error, EOFError):
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED) from None
    if not ours:
        raise NotUnpacked(Reason.ARCHIVE_FOREIGN)
    return Archive(ours, len(members) - len(ours))


def read(member: Member, file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a member, never more than it announces.

    Raises:
        NotUnpacked: they are not what the directory says.
        TooShort, EOFError, zlib.error: nor even there.

    """
    file.seek(member.offset)
    header = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    if header[0] != LOCAL or (header[3] == DEFLATED) != member.deflated:
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    file.seek(header[-2] + header[-1], 1)  # its name and its extra field
    size = check = 0
    for chunk in inflated(member, file) if member.deflated else exactly(member.packed, file):
        size += len(chunk)
        check = zlib.crc32(chunk, check)
        if size > member.size:
            break
        yield chunk
    if (size, check) != (member.size, member.crc32):
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)


def directory(file: BinaryIO, bounds: Bounds) -> Iterator[Member]:
    """Yield the members as the central directory tells them, without the folders."""
    count, size, offset, behind = end_record(file)
    if count > bounds.members or size > bounds.directory:
        raise NotUnpacked(Reason.ARCHIVE_TOO_MANY)
    if offset + size > behind:
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    file.seek(offset)
    for number in range(count):
        header = CENTRAL_HEADER.unpack(file.read(CENTRAL_HEADER.size))
        if header[0] != CENTRAL:
            raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
        name, extra = file.read(header[10]), file.read(header[11])
        file.seek(header[12], 1)  # the comment
        refuse_unsafe(header, name)
        if not name.endswith(b"/"):
            yield member_of(number, header, name, extra)
    if file.tell() != offset + size:
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)


def end_record(file: BinaryIO) -> tuple[int, int, int, int]:
    """Return the directory's entries, size and offset, and where it has ended at the latest."""
    length = file.seek(0, SEEK_END)
    start = file.seek(max(0, length - COMMENT - END_RECORD.size))
    tail = file.read()
    at = tail.rfind(END)
    while at >= 0:
        if len(tail) - at >= END_RECORD.size:
            _, disk, first, here, count, size, offset, comment = END_RECORD.unpack_from(tail, at)
            if at + END_RECORD.size + comment == len(tail):
                break
        at = tail.rfind(END, 0, at)
    else:
        raise NotUnpacked(Reason.TRUNCATED)
    behind = start + at
    file.seek(max(0, behind - END64_LOCATOR.size))
    sign, _, place, disks = END64_LOCATOR.unpack(file.read(END64_LOCATOR.size))
    if sign == LOCATOR and behind >= END64_LOCATOR.size:
        file.seek(min(place, length))
        sign, *_, disk, first, here, count, size, offset = END64_RECORD.unpack(
            file.read(END64_RECORD.size)
        )
        behind = place
        if sign != END64 or disks != 1:
            raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    if disk or first or here != count:  # a part of a set of discs
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    return count, size, offset, behind


def refuse_unsafe(header: tuple[int, ...], name: bytes) -> None:
    """Raise if a member is locked, packed in a way we cannot bound, a link, or named to escape."""
    if header[3] & ENCRYPTED:
        raise NotUnpacked(Reason.ARCHIVE_ENCRYPTED)
    if header[4] not in {STORED, DEFLATED}:
        raise NotUnpacked(Reason.ARCHIVE_METHOD)
    path = name.replace(b"\\", b"/")
    outside = path.startswith(b"/") or path[1:2] == b":" or b".." in path.split(b"/")
    kind = stat.S_IFMT(header[15] >> 16)  # the mode, where a Unix wrote it
    if outside or b"\0" in path or kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise NotUnpacked(Reason.ARCHIVE_UNSAFE)


def member_of(number: int, header: tuple[int, ...], name: bytes, extra: bytes) -> Member:
    """Return a member; what is too wide for its field stands in the extra field (§4.5.3)."""
    wide = wide_values(extra)
    size, packed, offset = (
        next(wide, 0) if value == ALL_ONES else value
        for value in (header[9], header[8], header[16])
    )
    return Member(
        number=number,
        offset=offset,
        packed=packed,
        size=size,
        crc32=header[7],
        deflated=header[4] == DEFLATED,
        manifest=name.endswith(MANIFEST),
        archive=name.lower().endswith(b".zip"),
    )


def wide_values(extra: bytes) -> Iterator[int]:
    """Yield the numbers of 8 bytes in a ZIP64 extra field."""
    at = 0
    while at + EXTRA.size <= len(extra):
        kind, length = EXTRA.unpack_from(extra, at)
        at += EXTRA.size
        if kind == EXTRA64:
            for (value,) in WIDE.iter_unpack(extra[at : at + length // 8 * 8]):
                yield value
        at += length


def sound(members: list[Member], length: int, bounds: Bounds) -> list[Member]:
    """Return `members` if they are within the limits and none lies in another."""
    total = sum(member.size for member in members)
    if total > bounds.unpacked:
        raise NotUnpacked(Reason.ARCHIVE_TOO_BIG)
    if total > max(bounds.harmless, bounds.ratio * length):
        raise NotUnpacked(Reason.ARCHIVE_BOMB)
    behind = 0
    for member in sorted(members, key=lambda one: one.offset):
        if member.offset < behind:
            raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
        behind = member.offset + LOCAL_HEADER.size + member.packed
    if behind > length:
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    return members


def inflated(member: Member, file: BinaryIO) -> Iterator[bytes]:
    """Yield what a deflated member becomes, in pieces of at most `CHUNK` bytes."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in exactly(member.packed, file):
        packed = chunk
        while packed and not inflate.eof:
            yield inflate.decompress(packed, CHUNK)
            packed = inflate.unconsumed_tail
        if packed or inflate.unused_data:
            raise NotUnpacked(Reason.ARCHIVE_MALFORMED)
    if not inflate.eof:
        yield inflate.flush()
    if not inflate.eof:
        raise NotUnpacked(Reason.ARCHIVE_MALFORMED)


def exactly(length: int, file: BinaryIO) -> Iterator[bytes]:
    """Yield `length` bytes of `file`.

    Raises:
        EOFError: it ends before.

    """
    while length:
        chunk = file.read(min(CHUNK, length))
        if not chunk:
            raise EOFError
        length -= len(chunk)
        yield chunk


def is_ours(member: Member, file: BinaryIO) -> bool:
    """Read a member to its end, and say whether it goes on to the drop.

    That is what is DICOM or nearly so, a roster, a manifest, or a ZIP file by content and name:
    the door then says what is wrong with it. Viewers and their libraries stay behind.
    """
    head = b""
    for chunk in read(member, file):
        if len(head) < HEAD:
            head += chunk
    head = head[:HEAD]
    headless = head[:1] in {b"\2", b"\x08"} and head[1:2] + head[3:4] == b"\0\0"  # (0002|8,00xx)
    roster = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"resourceType"' in head
    nested = member.archive and head.startswith(LOCAL)
    magic = head[PREAMBLE : PREAMBLE + 4] == b"DICM"
    return magic or headless or roster or nested or member.manifest
