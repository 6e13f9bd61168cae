"""services.portal.bring.dropping: pieces become the file again, and a gap is never dropped."""

from os import SEEK_END
from random import Random
from uuid import uuid4

import pytest

from services.portal.bring.dropping import Joined, carry
from services.portal.bring.rules import PIECE, pieces
from services.portal.bring.uploads import BUCKET, key
from shared.errors import EdgeDown
from tests.fakes.storage import MemoryStorage

UPLOAD = uuid4()
CONTENT = Random(7).randbytes(2 * PIECE + 12_345)  # noqa: S311  no secret


def brought(content: bytes = CONTENT) -> tuple[MemoryStorage, list[str]]:
    """Return a store that has the pieces, and their keys."""
    storage, keys = MemoryStorage(), []
    for at, length in pieces(len(content)):
        keys.append(key(UPLOAD, 0, at))
        storage.put(BUCKET, keys[-1], content[at : at + length])
    return storage, keys


def test_joined_reads_from_anywhere() -> None:
    """Over the edges of pieces, at the end and behind it."""
    storage, keys = brought()
    file = Joined(storage, keys, len(CONTENT))
    assert file.seek(0, SEEK_END) == len(CONTENT)
    assert file.read(10) == b""
    for at in (0, 17, PIECE - 3, PIECE, 2 * PIECE - 1):
        file.seek(at)
        assert file.read(PIECE + 7) == CONTENT[at : at + PIECE + 7]
    file.seek(0)
    assert file.read() == CONTENT


@pytest.mark.parametrize("content", [CONTENT, b"small"], ids=["pieces", "one"])
def test_a_file_is_dropped_whole(content: bytes) -> None:
    """Whether it came in one piece or in several."""
    storage, _ = brought(content)
    carry(storage, "brought-x", UPLOAD, {"number": 0, "size": len(content)})
    assert storage.open("drop", f"brought-x/{UPLOAD}/000000").read() == content


@pytest.mark.parametrize("content", [CONTENT, b"small"], ids=["pieces", "one"])
@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_gap_is_not_dropped(content: bytes, damage: str) -> None:
    """A piece that is missing or cut stops it; it is tried again later."""
    storage, keys = brought(content)
    storage.remove(BUCKET, keys[-1])
    if damage == "short":
        storage.put(BUCKET, keys[-1], b"x")
    with pytest.raises(EdgeDown):
        carry(storage, "brought-x", UPLOAD, {"number": 0, "size": len(content)})
    assert storage.look("drop", f"brought-x/{UPLOAD}/000000") is None
