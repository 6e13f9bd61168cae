"""portal.take.sending: what leaves is what was received, and nothing leaves that is not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from zlib import crc32

import pytest

from services.portal.reading import Hidden
from services.portal.take import packing, sending
from services.portal.take.contents import Frozen
from services.portal.take.packing import Placed, Shape
from services.portal.take.sending import Sending
from shared.access import Because
from shared.errors import EdgeDown
from tests.fakes.storage import MemoryStorage

MADE = datetime(2026, 11, 24, tzinfo=UTC)
README = b"read me first"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 100 bytes be a long original, and ten a piece."""
    monkeypatch.setattr(sending, "WHOLE", 100)
    monkeypatch.setattr(sending, "PIECE", 10)
    monkeypatch.setattr(sending, "CHUNK", 4)


@pytest.fixture
def storage() -> MemoryStorage:
    """Return an archive of a short, an empty and two long originals."""
    made = MemoryStorage()
    for length in (0, 7, 101, 130):
        made.put("archive", f"{length}", content(length))
    return made


def content(length: int) -> bytes:
    return bytes(range(length))


def members() -> list[Frozen]:
    originals = [
        Frozen(f"DICOM/{n}", n, crc32(content(n)), sha256(content(n)).hexdigest(), str(n))
        for n in (7, 101, 0, 130)
    ]
    readme = Frozen("README.txt", len(README), crc32(README), sha256(README).hexdigest(), None)
    return [readme, *originals]


def shaped() -> tuple[list[Placed], Shape]:
    placed = list(packing.place(members()))
    return placed, Shape(len(placed), placed[-1].ends, placed[-1].entry_ends, MADE)


def sent(storage: MemoryStorage, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Yield what is sent of a range of the ZIP."""
    placed, shape = shaped()
    stop = shape.size if stop is None else stop
    made = Sending(storage, lambda _: README, lambda: None)
    return made.pieces(packing.cut(placed, placed, shape, start, stop))


def test_any_range_is_the_slice_of_the_whole(storage: MemoryStorage) -> None:
    """Also one that begins or ends within an original, long or short."""
    whole = b"".join(sent(storage))
    assert len(whole) == shaped()[1].size
    for length in (7, 101, 130):
        assert content(length) in whole
    for start in range(0, len(whole), 7):
        for stop in range(start, len(whole), 41):
            assert b"".join(sent(storage, start, stop)) == whole[start:stop]


@pytest.mark.parametrize("length", [7, 101, 130])
def test_other_bytes_never_leave_whole(storage: MemoryStorage, length: int) -> None:
    """A short original not at all; of a long one the last piece is held back."""
    right = content(length)
    storage.put("archive", str(length), bytes([*right[:-1], right[-1] ^ 1]))
    left, broken = until_broken(sent(storage))
    assert broken
    assert (right[:-10] if length > 100 else b"") in left
    placed = next(each for each in shaped()[0] if each.member.path == f"DICOM/{length}")
    assert len(left) < placed.ends


def until_broken(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return what was sent, and whether it broke off."""
    left = b""
    try:
        for chunk in pieces:
            left += chunk
    except EdgeDown:
        return left, True
    return left, False


@pytest.mark.parametrize("length", [7, 101])
def test_an_original_that_is_gone_or_cut_breaks_it_off(storage: MemoryStorage, length: int) -> None:
    """What is sent never is longer or shorter than it should be without anybody noticing."""
    storage.put("archive", str(length), content(length)[:-3])
    with pytest.raises(EdgeDown):
        list(sent(storage))


def test_a_withdrawal_breaks_it_off(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While bytes flow it is asked again and again; here at every chunk."""
    monkeypatch.setattr(sending, "ASK_SECONDS", -1.0)
    asked = []

    def ask() -> None:
        asked.append(1)
        if len(asked) > 5:
            raise Hidden(Because.NOT_YOURS)

    placed, shape = shaped()
    parts = packing.cut(placed, placed, shape, 0, shape.size)
    left: list[bytes] = []
    with pytest.raises(Hidden):
        left += Sending(storage, lambda _: README, ask).pieces(parts)
    assert len(asked) == 6


def test_who_hangs_up_leaves_nothing_open(storage: MemoryStorage) -> None:
    """What was fetched before its turn is closed: a warning would fail this."""
    pieces = sent(storage)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator
