"""ingest.unpack by way of the handler: every file of an archive comes in once, come what may."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

import pytest

from services.ingest.arrivals import digest, listing
from services.ingest.handler import dropped
from services.ingest.sweep import Tally, watermarks
from services.ingest.unpack import Unpacking, came_unpacked
from shared.errors import EdgeDown
from shared.events import Event, InstanceStored, Lane, ObjectQuarantined, ObjectUnpacked
from shared.storage import Found
from tests.fakes.storage import MemoryStorage
from tests.unit.ingest import zips
from tests.unit.ingest.conftest import Receipts
from tests.unit.shared.dicom.files import ct_slice

SLICES = {f"DICOM/IM{n:06}": ct_slice(SOPInstanceUID=f"1.2.3.{n}") for n in range(1, 9)}
CD = zips.zipped(zips.FOREIGN | SLICES)
DIGEST = sha256(CD).hexdigest()


@dataclass
class Ingest:
    """A site called north, its sweep and one process."""

    storage: MemoryStorage
    receipts: Receipts
    patience: float = 600.0
    told: list[Event] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin like after a kill: with what is in the stores."""
        self.unpacking = Unpacking(
            self.storage,
            self.receipts.received,
            lambda key, _version: self.again.append(key),
            self.patience,
        )

    def waiting(self) -> list[Found]:
        """Return what lies in the drop."""
        return list(self.storage.list("drop"))

    def events(self, found: Found) -> Iterator[Event]:
        """Handle one object."""
        hint = listing.hint(found)
        assert hint is not None
        return dropped(
            hint,
            storage=self.storage,
            ledger=self.receipts,
            open_for=lambda site: site == "north",
            unpacking=self.unpacking,
        )

    def sweep(self) -> None:
        """Handle each object once."""
        for found in self.waiting():
            self.told += self.events(found)

    def drain(self) -> None:
        """Sweep until the drop is empty."""
        for _ in range(50):
            if not self.waiting():
                return
            self.sweep()
        raise AssertionError(self.waiting())

    def told_of(self, kind: type[Event]) -> list[Event]:
        """Return what was told of one type."""
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def ingest(storage: MemoryStorage, receipts: Receipts) -> Ingest:
    return Ingest(storage, receipts)


def archived(storage: MemoryStorage) -> set[bytes]:
    return {storage.open("archive", found.key).read() for found in storage.list("archive")}


def test_every_file_comes_in_and_the_archive_is_kept(ingest: Ingest) -> None:
    """The viewer beside is counted, and no work for anybody."""
    ingest.storage.put("drop", "north/Doe, Jane.zip", CD)
    ingest.drain()

    assert archived(ingest.storage) == {*SLICES.values(), CD}
    (event,) = ingest.told_of(ObjectUnpacked)
    assert isinstance(event, ObjectUnpacked)
    assert (event.members, event.foreign) == (len(SLICES), len(zips.FOREIGN))
    assert event.object.key == f"north/archives/{DIGEST}.zip"
    assert len(ingest.told_of(InstanceStored)) == len(SLICES) == len(ingest.receipts.written) - 1
    assert list(ingest.storage.list("quarantine")) == []


def test_a_members_key_has_nothing_of_a_name_and_keeps_the_lane(ingest: Ingest) -> None:
    """Numbers only, but for the one name that says what a file is."""
    files = {"Doe^Jane/IM0": ct_slice(), "Doe^Jane/a_COMPLETE.json": b"{}"}
    for lane in ("", "backfill/"):
        ingest.storage.put("drop", f"north/{lane}Jane.zip", zips.zipped(files))
        (cd,) = ingest.waiting()
        list(ingest.events(cd))
        keys = [found.key for found in ingest.waiting() if found != cd]
        folder = f"north/{lane}.unpacked/{sha256(zips.zipped(files)).hexdigest()}"
        assert keys == [f"{folder}/00000", f"{folder}/00001_COMPLETE.json"]
        assert all(came_unpacked(key) for key in keys)
        hints = [listing.hint(found) for found in ingest.waiting()]
        assert {hint.lane for hint in hints if hint} == {Lane.BACKFILL if lane else Lane.LIVE}
        for found in ingest.waiting():
            ingest.storage.remove("drop", found.key)


@pytest.mark.parametrize("after", range(1, len(SLICES) + 1))
def test_killed_in_the_middle_no_file_comes_twice(
    storage: MemoryStorage, receipts: Receipts, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """After however many files it was, and whether those were received meanwhile or not."""
    storage.put("drop", "north/cd.zip", CD)
    ingest, put, done = Ingest(storage, receipts), storage.put, count(1)

    def dying(bucket: str, key: str, *rest: object) -> object:
        if bucket == "drop" and next(done) == after:
            edge = "s3"
            raise EdgeDown(edge)
        return put(bucket, key, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(storage, "put", dying)
    (cd,) = ingest.waiting()
    with suppress(EdgeDown):
        list(ingest.events(cd))
    monkeypatch.undo()
    waiting = ingest.waiting()
    assert len(waiting) == after  # the archive, and what was put before
    for found in waiting[: after // 2]:  # `.unpacked` is listed first
        ingest.told += ingest.events(found)

    other = Ingest(storage, receipts, told=ingest.told)
    other.told += other.events(cd)  # while what was put before still lies there
    other.drain()

    assert len(receipts.written) == len(SLICES) + 1
    assert len(other.told_of(InstanceStored)) == len(SLICES)
    assert archived(storage) == {*SLICES.values(), CD}


def test_a_message_is_not_held_for_longer_than_patience(
    storage: MemoryStorage, receipts: Receipts
) -> None:
    """Out of it after each file, the sweep brings the archive back, and all come in once."""
    storage.put("drop", "north/cd.zip", CD)
    ingest = Ingest(storage, receipts, patience=0.0)
    cd = ingest.waiting()[-1]
    list(ingest.events(cd))
    assert len(ingest.waiting()) == 2
    assert ingest.again == ["north/cd.zip"]
    ingest.drain()
    assert len(receipts.written) == len(SLICES) + 1


def test_the_watermark_stands_before_the_archive_until_all_is_received(ingest: Ingest) -> None:
    """So no study is complete by quiet while a part of it is in an archive."""
    ingest.storage.put("drop", "north/cd.zip", CD)
    (cd,) = ingest.waiting()
    drained = []
    for _ in range(20):
        waiting = ingest.waiting()
        tally = Tally(frozenset({"north"}), lambda _key, _version: False, 9999)
        for found in waiting:
            tally.add(found)
        (mark,) = watermarks(tally.sites, {}, datetime.now(UTC))
        drained.append((mark.drained_at > cd.modified_at, len(ingest.receipts.written)))
        if waiting:
            ingest.told += ingest.events(cd)
            ingest.told += ingest.events(waiting[0])

    assert {past for past, received in drained if received <= len(SLICES)} == {False}
    assert drained[-1] == (True, len(SLICES) + 1)


def test_the_same_archive_again_brings_nothing_anew(ingest: Ingest) -> None:
    """Under another name, too: only the drop gets its receipt."""
    for name in ("a", "b"):
        ingest.storage.put("drop", f"north/{name}.zip", CD)
        ingest.drain()
    assert len(ingest.told_of(InstanceStored)) == len(SLICES)
    assert len({event.id for event in ingest.told_of(ObjectUnpacked)}) == 1
    assert {place[1] for place in ingest.receipts.written} >= {
        digest("north/a.zip"),
        digest("north/b.zip"),
    }


def test_while_one_thread_is_at_it_another_lets_it_be(ingest: Ingest) -> None:
    """The sweep tells of a large object again while it is being handled."""
    ingest.storage.put("drop", "north/x.dcm", ct_slice())
    (found,) = ingest.waiting()
    first = ingest.events(found)
    assert isinstance(next(first), InstanceStored)
    assert list(ingest.events(found)) == []
    assert len(ingest.waiting()) == 1
    assert list(first) == []
    assert ingest.waiting() == []


def test_broken_files_of_an_archive_are_quarantined_one_by_one(ingest: Ingest) -> None:
    """Their neighbours come in; an archive in the archive is not unpacked."""
    files = {"good": ct_slice(), "cut": ct_slice()[:-10], "inner.zip": CD}
    ingest.storage.put("drop", "north/cd.zip", zips.zipped(files))
    ingest.drain()

    reasons = [event.reason for event in ingest.told if isinstance(event, ObjectQuarantined)]
    assert reasons == ["truncated", "archive-nested"]
    assert len(ingest.told_of(InstanceStored)) == 1
    assert len(ingest.told_of(ObjectUnpacked)) == 1


@pytest.mark.parametrize("body", [zips.zipped({"../x": ct_slice()}), CD[:-1]])
def test_a_refused_archive_is_quarantined_whole(ingest: Ingest, body: bytes) -> None:
    """Nothing of it was put into the drop before."""
    ingest.storage.put("drop", "north/cd.zip", body)
    ingest.drain()
    (event,) = ingest.told
    assert isinstance(event, ObjectQuarantined)
    assert list(ingest.storage.list("archive")) == []


@pytest.mark.parametrize(
    ("key", "unpacked"),
    [
        ("north/.unpacked/0/00001", True),
        ("north/backfill/.unpacked/0/00001", True),
        ("north/cd.zip", False),
        ("north/x/.unpacked/cd.zip", False),
        (".unpacked/cd.zip", False),
        ("north/backfill", False),
    ],
)
def test_a_key_says_whether_a_file_came_out_of_an_archive(key: str, *, unpacked: bool) -> None:
    """In both lanes, and not by a folder of the hospital's own."""
    assert came_unpacked(key) is unpacked
