"""portal.take.packing: what it computes is a ZIP, byte for byte, and so is every range of it."""

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.ingest.zipped import archive_of
from services.portal.take import packing
from services.portal.take.packing import Member, Part, Placed, Shape, Slice
from tests.received.files import ct_slice

MADE = datetime(2026, 11, 24, 18, 30, 12, tzinfo=UTC)
NAMES = some.text("ABC019_/", min_size=1, max_size=30)
FILES = some.dictionaries(NAMES, some.binary(max_size=40), max_size=8)


def packed(files: dict[str, bytes]) -> tuple[list[Placed], Shape]:
    """Return the members in their places, and the shape of the whole."""
    members = [Member(path, len(content), crc32(content)) for path, content in files.items()]
    placed = list(packing.place(members))
    return placed, shape(placed)


def shape(placed: list[Placed]) -> Shape:
    """Return the shape of a ZIP of these members."""
    at, size = (placed[-1].ends, placed[-1].entry_ends) if placed else (0, 0)
    return Shape(len(placed), at, size, MADE)


def joined(parts: Iterable[Part], files: dict[str, bytes]) -> bytes:
    """Return the bytes of parts."""
    return b"".join(
        files[part.placed.member.path][part.start : part.stop] if isinstance(part, Slice) else part
        for part in parts
    )


def whole(files: dict[str, bytes]) -> bytes:
    """Return the ZIP of `files`."""
    placed, form = packed(files)
    return joined(packing.cut(placed, placed, form, 0, form.size), files)


@given(FILES)
def test_what_is_computed_is_a_zip(files: dict[str, bytes]) -> None:
    """As Python's own reader finds, which compares every CRC-32; its length was known before."""
    content = whole(files)
    assert len(content) == packed(files)[1].size
    with ZipFile(BytesIO(content)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == files
        assert {info.date_time for info in read.infolist()} <= {(2026, 11, 24, 18, 30, 12)}


@given(FILES, some.integers(0, 2000), some.integers(0, 2000))
def test_a_range_is_the_slice_of_the_whole(files: dict[str, bytes], one: int, other: int) -> None:
    """Of any layout, wherever it begins and ends."""
    placed, form = packed(files)
    start, stop = sorted((min(one, form.size), min(other, form.size)))
    assert joined(packing.cut(placed, placed, form, start, stop), files) == whole(files)[start:stop]


def test_unzip_agrees(tmp_path: Path) -> None:
    """Info-ZIP's test of the archive finds nothing wrong."""
    path = tmp_path / "some.zip"
    path.write_bytes(whole({"README.txt": b"hello\n", "DICOM/00000001": bytes(9000)}))
    assert "No errors" in subprocess.check_output(["unzip", "-t", str(path)], text=True)  # noqa: S603, S607  our own file


def test_another_scanpass_unpacks_it() -> None:
    """Its door, which believes nothing, finds the originals and the DICOMDIR for itself."""
    original = ct_slice("1.2", "1.2.3", 1, "P-1")
    found = archive_of(BytesIO(whole({"README.txt": b"hello", "DICOM/00000001": original})))
    assert (len(found.members), found.foreign) == (1, 1)
    assert found.members[0].size == len(original)


def test_more_members_than_a_short_number_can_tell() -> None:
    """65,536 members are told by ZIP64."""
    files = {f"{number:08}": b"" for number in range(65_536)}
    with ZipFile(BytesIO(whole(files))) as read:
        assert len(read.namelist()) == 65_536


@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 5 << 30])
def test_a_member_of_four_gigabytes_and_what_is_behind_it(size: int, tmp_path: Path) -> None:
    """Sizes and offsets that 32 bits do not hold are read back as they are; the file is sparse."""
    members = [Member("large", size, 0), Member("small", 3, crc32(b"abc"))]
    placed = list(packing.place(members))
    form = shape(placed)
    path = tmp_path / "large.zip"
    with path.open("wb") as out:
        for part in packing.cut(placed, placed, form, 0, form.size):
            if isinstance(part, Slice) and part.placed.member.path == "large":
                out.seek(size, 1)
            else:
                out.write(b"abc" if isinstance(part, Slice) else part)
    assert path.stat().st_size == form.size
    with ZipFile(path) as read:
        assert [info.file_size for info in read.infolist()] == [size, 3]
        assert read.read("small") == b"abc"
