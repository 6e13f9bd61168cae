"""shared.storage.ranged: an object as a file, of which only what is read is fetched."""

import pytest

from shared.errors import EdgeDown
from shared.storage.ranged import AHEAD, ranged
from tests.fakes.storage import MemoryStorage

CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def storage() -> MemoryStorage:
    """Return a store with one object."""
    made = MemoryStorage()
    made.put("archive", "a", CONTENT)
    return made


def test_it_reads_as_a_file(storage: MemoryStorage) -> None:
    """From anywhere, and nothing past the end."""
    with ranged(storage, "archive", "a", len(CONTENT)) as file:
        assert file.read(10) == CONTENT[:10]
        assert file.seek(-5, 2) == len(CONTENT) - 5
        assert file.read(10) == CONTENT[-5:]
        assert file.read(1) == b""
        file.seek(70_000)
        assert file.read(100_000) == CONTENT[70_000:170_000]


def test_little_is_fetched(storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header's many small reads are one request."""
    fetched = []
    read = storage.read

    def counted(bucket: str, key: str, offset: int, length: int) -> bytes:
        fetched.append(length)
        return read(bucket, key, offset, length)

    monkeypatch.setattr(storage, "read", counted)
    with ranged(storage, "archive", "a", len(CONTENT)) as file:
        for _ in range(1000):
            file.read(10)
    assert fetched == [AHEAD]


def test_a_store_that_is_down_says_so(storage: MemoryStorage) -> None:
    """As what it is."""
    storage.down = True
    with ranged(storage, "archive", "a", len(CONTENT)) as file, pytest.raises(EdgeDown):
        file.read(1)
