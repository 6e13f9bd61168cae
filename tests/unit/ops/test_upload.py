"""ops.upload: what is sent under which key, and that it arrives whole."""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import BinaryIO

import pytest

from services.ops import upload
from services.ops.journal import Journal
from services.ops.upload import NotWhole, Source, send, sources, split
from shared.errors import EdgeDown
from shared.events import StoredObject
from tests.fakes.storage import MemoryStorage


class Wrong(MemoryStorage):
    """A store that does something else before it works, the first few times."""

    def __init__(self, times: int, instead: Callable[[StoredObject], StoredObject]) -> None:
        """Go wrong so many times."""
        super().__init__()
        self.times, self.instead = times, instead

    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BinaryIO,
        content_type: str = "application/octet-stream",
        metadata: dict[str, str] | None = None,
    ) -> StoredObject:
        """Store `body`, or go wrong."""
        stored = super().put(bucket, key, body, content_type, metadata)
        self.times -= 1
        return self.instead(stored) if self.times >= 0 else stored


def down(_stored: StoredObject) -> StoredObject:
    edge = "s3"
    raise EdgeDown(edge)


def spoiled(stored: StoredObject) -> StoredObject:
    return stored.model_copy(update={"sha256": "0" * 64})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal" / "drop.jsonl")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "PAUSE", 0.0)


def source(tmp_path: Path, content: bytes = b"pixels") -> Source:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    return Source(path, "north/a.dcm", len(content), path.stat().st_mtime_ns)


def test_a_folder_keeps_its_paths_as_keys(tmp_path: Path) -> None:
    """Names are whatever the hospital likes, and the order is always the same."""
    for name in ("b/ü +%.dcm", "a.dcm", "b/😀/c.dcm"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    found, passed_over = sources(tmp_path, "north/")

    assert [each.key for each in found] == [
        "north/a.dcm",
        "north/b/ü +%.dcm",
        "north/b/😀/c.dcm",
    ]
    assert passed_over == []


def test_a_single_file_is_named_by_its_name(tmp_path: Path) -> None:
    """Its folder is nobody's business."""
    (tmp_path / "a.dcm").write_bytes(b"x")
    found, _ = sources(tmp_path / "a.dcm", upload.prefix("north", backfill=True))
    assert [each.key for each in found] == ["north/backfill/a.dcm"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link could lead out of what the operator meant to send; it is told, not sent."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.dcm").write_bytes(b"x")
    (folder / "file").symlink_to(tmp_path / "outside" / "secret")
    (folder / "dir").symlink_to(tmp_path / "outside")
    (folder / "broken").symlink_to(tmp_path / "nowhere")

    found, passed_over = sources(folder, "north/")

    assert [each.key for each in found] == ["north/a.dcm"]
    assert [each.name for each in passed_over] == ["broken", "dir", "file"]


def test_a_name_in_another_encoding_becomes_a_key_of_its_own(tmp_path: Path) -> None:
    """Two such names never share a key."""
    for name in (b"caf\xe9", b"caf\xe8"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    keys = [each.key for each in sources(tmp_path, "north/")[0]]
    assert keys == ["north/caf\\xe8", "north/caf\\xe9"]


def test_a_sent_file_is_in_the_drop_and_in_the_journal(tmp_path: Path, journal: Journal) -> None:
    """The journal has its digest, and the next run has nothing to send."""
    storage, file = MemoryStorage(), source(tmp_path)
    uploaded = send(file, storage, journal, Event())

    with storage.open("drop", "north/a.dcm") as found:
        assert found.read() == b"pixels"
    assert uploaded.sha256 == sha256(b"pixels").hexdigest()
    assert split([file], journal) == ([], [uploaded])


def test_a_store_that_is_down_for_a_moment_is_tried_again(tmp_path: Path, journal: Journal) -> None:
    """Nobody has to start the drop again for a hiccup."""
    file = source(tmp_path)
    send(file, Wrong(3, down), journal, Event())
    assert journal.has(file.key, file.size, file.modified_ns)


@pytest.mark.parametrize(
    ("instead", "error"), [(down, EdgeDown), (spoiled, NotWhole)], ids=["down", "spoiled"]
)
def test_what_is_not_verified_is_not_in_the_journal(
    tmp_path: Path,
    journal: Journal,
    instead: Callable[[StoredObject], StoredObject],
    error: type[Exception],
) -> None:
    """A store that stays down, or keeps other bytes than were sent, is told."""
    file = source(tmp_path)
    with pytest.raises(error):
        send(file, Wrong(99, instead), journal, Event())
    assert journal.known == {}


def test_bytes_that_changed_in_the_store_are_noticed(tmp_path: Path, journal: Journal) -> None:
    """The store's own digest is compared with ours."""

    def corrupt(stored: StoredObject) -> StoredObject:
        MemoryStorage.put(storage, stored.bucket, stored.key, b"piXels")
        return stored

    storage = Wrong(99, corrupt)
    with pytest.raises(NotWhole):
        send(source(tmp_path), storage, journal, Event())


def test_an_object_that_ingest_has_taken_already_counts_as_sent(
    tmp_path: Path, journal: Journal
) -> None:
    """Ingest may be faster than the look after the upload."""

    def taken(stored: StoredObject) -> StoredObject:
        storage.remove(stored.bucket, stored.key)
        return stored

    storage = Wrong(1, taken)
    file = source(tmp_path)
    send(file, storage, journal, Event())
    assert journal.has(file.key, file.size, file.modified_ns)
    assert storage.look("drop", file.key) is None


def test_a_drop_that_ends_does_not_wait_for_the_next_try(tmp_path: Path, journal: Journal) -> None:
    """When one thread gives up, the others do too."""
    stop = Event()
    stop.set()
    storage = Wrong(99, down)
    with pytest.raises(EdgeDown):
        send(source(tmp_path), storage, journal, stop)
    assert storage.times == 98
