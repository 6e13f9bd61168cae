"""ingest.sweep: fair between sites, live before backfill, and honest about what waits."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Self, cast

import pytest

from services.ingest.archives import BACKLOG, FEW, LEAST, Archive
from services.ingest.recent import Recent
from services.ingest.sweep import CROWD, MARGIN, Tally, Waiting, crowded, watermarks
from services.ingest.sweeper import BACKFILL, DOWNSTREAM, LIVE, SHORT, Sweeper, hints, needed
from shared.events import Lane
from shared.storage import Found
from tests.fakes.storage import MemoryStorage

if TYPE_CHECKING:
    from services.ingest.arrivals import Dropped
    from services.ingest.sites import Sites
    from shared.db import Database

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOM = 10_000
SITES = frozenset({"north", "south"})


def found(key: str, seconds: int = 0, version: str | None = "v1") -> Found:
    return Found("drop", key, version, 1, "e", BEGAN - timedelta(seconds=seconds))


def never(_key: str, _version: str) -> bool:
    return False


def tally(
    listed: Iterable[Found],
    known: frozenset[str] = SITES,
    fresh: Callable[[str, str], bool] = never,
    room: int = ROOM,
) -> dict[str, Waiting]:
    counted = Tally(known, fresh, room)
    for each in listed:
        counted.add(each)
    return counted.sites


def keys(waiting: dict[str, Waiting], lane: Lane = Lane.LIVE) -> list[str]:
    return [hint.key for hint in hints(waiting, lane)]


def test_sites_take_turns() -> None:
    """A site with much does not keep another with little waiting."""
    listed = [found(f"north/{n}") for n in range(5)] + [found("south/0"), found("south/1")]
    hinted = keys(tally(listed))
    assert hinted[:4] == ["north/0", "south/0", "north/1", "south/1"]
    assert len(hinted) == 7


def test_the_surplus_of_a_crowd_is_backfill() -> None:
    """And its site is told apart, so that its webhook does not jump the queue."""
    waiting = tally([found(f"north/{n}") for n in range(CROWD + 3)])
    assert [len(keys(waiting, lane)) for lane in Lane] == [CROWD, 3]
    assert crowded(waiting) == {"north"}


def test_no_site_keeps_more_hints_than_can_be_sent() -> None:
    """What there is room for; and it is counted to its end."""
    waiting = tally([found(f"north/{n}") for n in range(5)], room=3)
    assert (len(keys(waiting)), waiting["north"].pending) == (3, 5)


def test_what_was_hinted_a_moment_ago_is_not_hinted_again() -> None:
    """It is still counted as waiting."""
    waiting = tally([found("north/1")], fresh=lambda *_: True)
    assert (keys(waiting), waiting["north"].pending) == ([], 1)


def test_an_old_archive_in_the_drop_holds_no_study_of_today_back() -> None:
    """It does not move the watermark; a live surplus does."""
    waiting = tally([found("north/backfill/1", seconds=900), found("south/1", seconds=900)])
    read = {"north": Archive(counted=7, through=False)}
    marks = {mark.site: mark for mark in watermarks(waiting, read, BEGAN)}
    assert marks["north"].drained_at == BEGAN
    assert (marks["north"].pending, marks["north"].more) == (7, True)
    assert marks["south"].drained_at < BEGAN
    assert not marks["south"].more


def test_an_archive_that_was_not_read_yet_is_not_called_empty() -> None:
    """Nothing of it is counted, and it is said that there is more."""
    (north, _) = watermarks(tally([found("north/backfill/1")]), {}, BEGAN)
    assert (north.pending, north.more) == (0, True)


def test_a_watermark_is_the_start_of_the_listing_or_before_the_oldest() -> None:
    """Every known site has one, also with nothing in the drop."""
    listed = [found("north/1", 30), found("north/2", 90)]
    marks = {mark.site: mark for mark in watermarks(tally(listed), {}, BEGAN)}

    assert marks["south"].drained_at == BEGAN
    assert (marks["south"].pending, marks["south"].oldest_pending) == (0, None)
    assert marks["north"].drained_at == BEGAN - timedelta(seconds=90) - MARGIN
    assert (marks["north"].pending, marks["north"].oldest_pending) == (
        2,
        BEGAN - timedelta(seconds=90),
    )


def test_a_clock_that_runs_ahead_does_not_drain_the_future() -> None:
    """A Last-Modified after the listing began leaves the mark at its start."""
    (mark, *_) = watermarks(tally([found("north/1", -60)]), {}, BEGAN)
    assert mark.drained_at == BEGAN


def test_what_belongs_to_no_site_is_counted_and_left() -> None:
    """Unknown sites, keys without one."""
    listed = [found("west/1"), found("x"), found("NORTH/1")]
    waiting = tally(listed)
    assert (keys(waiting), waiting["?"].pending) == ([], 3)


def test_the_marker_of_a_folder_is_nothing_that_waits() -> None:
    """It would hold the watermark for ever."""
    marker = replace(found("north/folder/", version=None), size=0)
    waiting = tally([marker])
    assert (keys(waiting), waiting["north"].pending) == ([], 0)


def test_an_object_without_a_version_is_counted_and_left() -> None:
    """It could not be removed without risk for a newer one."""
    waiting = tally([found("north/1", version=None)])
    assert (keys(waiting), waiting["north"].pending) == ([], 1)


BESIDE = ("north/a", "north/backfill", "north/backfill-x/1", "north/backfill.old/1", "north/x/1")


def fill(storage: MemoryStorage, files: int) -> None:
    """Put the archive of one site into the drop, with live files before and behind it."""
    for key in (*BESIDE, "west/1", "stray"):
        storage.put("drop", key, b"x")
    for number in range(files):
        storage.put("drop", f"north/backfill/{number:05}", b"x")
    storage.put("drop", "south/z", b"x")


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("archives", [(), ("north",), ("north", "south")])
def test_what_lies_beside_an_archive_is_listed_to_its_end(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch, archives: tuple[str, ...], few: int
) -> None:
    """Of the archive at most the first, so that one is found; whatever the folders are called."""
    monkeypatch.setattr("services.ingest.sweeper.FOLDERS", few)
    fill(storage, 50)
    listed = [each.key for each in needed(storage, archives)]
    live = [key for key in listed if not key.startswith("north/backfill/")]
    assert sorted(live) == sorted([*BESIDE, "west/1", "stray", "south/z"])
    assert len(listed) - len(live) == (1 if few == 0 or not archives else 0)


def test_whatever_a_key_is_called_the_sweep_goes_on(storage: MemoryStorage) -> None:
    """Also behind what sorts after every name."""
    for key in ("1", "\U0010ffff", "\U0010ffff1", "\U0010ffff\U0010ffff"):
        storage.put("drop", f"north/backfill/{key}", b"x")
    storage.put("drop", "north/z", b"x")
    listed = [each.key for each in islice(needed(storage, ()), 10)]
    assert len(listed) < 10
    assert listed[-1] == "north/z"


class Queues:
    """How deep they are, what is on its way behind them, and what was hinted."""

    def __init__(self) -> None:
        """Be empty."""
        self.on_the_way = 0
        self.deep = dict.fromkeys((LIVE, BACKFILL, *DOWNSTREAM), 0)
        self.told: list[Dropped] = []

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Be the database too."""
        yield self

    def execute(self, query: str) -> Self:
        """Take the one question that is asked."""
        assert "catalogue.settled" in query
        return self

    def fetchall(self) -> list[dict[str, int]]:
        """Answer it."""
        return [{"objects": self.on_the_way}]

    def depths(self, queues: Iterable[str]) -> dict[str, int]:
        """Return the depths."""
        return {queue: self.deep[queue] for queue in queues}


class Doors:
    """Which sites are open: all but one."""

    held = ""

    def open(self, site: str) -> bool:
        """Say whether it is not that one."""
        return site != self.held


def sweeper(queues: Queues, storage: MemoryStorage) -> Sweeper:
    return Sweeper(
        cast("Database", queues),
        storage,
        cast("Sites", Doors()),
        Recent(),
        queues.depths,
        queues.told.extend,
    )


def test_backfill_goes_on_in_bursts_that_grow_while_they_are_gone_by_the_next_look(
    storage: MemoryStorage,
) -> None:
    """And shrink when they are not: each queue counts, and none lets another out."""
    queues = Queues()
    one = sweeper(queues, storage)
    fill(storage, 900)
    one.read(["north"])
    sent = []
    for deep, on_the_way in (
        ({}, FEW),
        ({}, 0),
        ({}, FEW + 1),
        ({BACKFILL: FEW}, 1),
        ({LIVE: SHORT}, 0),
        ({DOWNSTREAM[0]: SHORT}, 0),
        ({}, 0),
    ):
        nearly = dict.fromkeys(queues.deep, SHORT - 1) | {BACKFILL: 0}
        queues.deep, queues.on_the_way = nearly | deep, on_the_way
        before = len(queues.told)
        one.admit()
        sent.append(len(queues.told) - before)
    assert sent == [2 * LEAST, 4 * LEAST, 0, 0, 0, 0, 2 * LEAST]
    assert len({hint.key for hint in queues.told}) == sum(sent)
    assert {hint.lane for hint in queues.told} == {Lane.BACKFILL}


def test_archives_and_the_surplus_of_crowds_take_turns(storage: MemoryStorage) -> None:
    """Nobody's ten years keep another's crowd waiting."""
    queues = Queues()
    one = sweeper(queues, storage)
    fill(storage, 900)
    one.read(["north"])
    one.surplus = {"south": deque(one.archives["north"].waiting.popleft() for _ in range(LEAST))}
    crowd = {hint.key for hint in one.surplus["south"]}
    one.admit()
    assert [hint.key in crowd for hint in queues.told] == [False, True] * LEAST


def test_an_archive_is_read_on_and_forgotten_when_it_is_empty(storage: MemoryStorage) -> None:
    """All of it is hinted once; what is left behind is found by reading it again."""
    queues = Queues()
    one = sweeper(queues, storage)
    fill(storage, 2 * BACKLOG + 1)
    for _ in range(100):
        one.read(["north"])
        one.admit()
        if len(queues.told) == 2 * BACKLOG + 1:
            break
    assert len({hint.key for hint in queues.told}) == 2 * BACKLOG + 1 == len(queues.told)
    for hint in queues.told[1:]:
        storage.remove("drop", hint.key, hint.version)
    one.recent.forget(queues.told[0].key, queues.told[0].version)
    one.read([])
    one.admit()
    assert queues.told[-1] == queues.told[0]

    storage.remove("drop", queues.told[0].key, queues.told[0].version)
    one.read([])
    assert one.archives == {}


def test_of_a_site_that_is_held_nothing_is_told(storage: MemoryStorage) -> None:
    """Nor remembered as told: it comes once the site is let go, and the archive is read again."""
    queues = Queues()
    one = sweeper(queues, storage)
    doors = cast("Doors", one.sites)
    fill(storage, 3)
    doors.held = "north"
    one.read(["north"])
    one.admit()
    assert queues.told == []

    doors.held = ""
    one.read([])
    one.admit()
    assert len(queues.told) == 3
