"""ingest.sweep: fair between sites, live before backfill, and honest about what waits."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from services.ingest.recent import Recent
from services.ingest.sweep import (
    BACKLOG,
    CROWD,
    LEAST,
    MARGIN,
    MOST,
    Tally,
    Waiting,
    admitted,
    crowded,
    paced,
    watermarks,
)
from services.ingest.sweeper import BACKFILL, DOWNSTREAM, LIVE, SHORT, Sweeper, needed
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
    return [hint.key for hint in admitted(waiting, lane)]


def test_sites_take_turns() -> None:
    """A site with much does not keep another with little waiting."""
    listed = [found(f"north/{n}") for n in range(5)] + [found("south/0"), found("south/1")]
    hinted = keys(tally(listed))
    assert hinted[:4] == ["north/0", "south/0", "north/1", "south/1"]
    assert len(hinted) == 7


def test_backfill_has_a_lane_of_its_own() -> None:
    """What may wait, waits in the drop."""
    waiting = tally([found("north/backfill/1"), found("north/2")])
    assert keys(waiting) == ["north/2"]
    assert keys(waiting, Lane.BACKFILL) == ["north/backfill/1"]


def test_the_surplus_of_a_crowd_is_backfill() -> None:
    """And its site is told apart, so that its webhook does not jump the queue."""
    waiting = tally([found(f"north/{n}") for n in range(CROWD + 3)])
    assert [len(keys(waiting, lane)) for lane in Lane] == [CROWD, 3]
    assert crowded(waiting) == {"north"}


def test_no_site_keeps_more_hints_than_can_be_sent() -> None:
    """Of the live lane what there is room for, of backfill what the next second may need."""
    listed = [found(f"north/{n}") for n in range(5)]
    old = [found(f"north/backfill/{n}") for n in range(BACKLOG + 5)]
    waiting = tally([*listed, *old], room=3)
    assert [len(keys(waiting, lane)) for lane in Lane] == [3, BACKLOG]
    assert waiting["north"].pending == BACKLOG + 10


def test_what_was_hinted_a_moment_ago_is_not_hinted_again() -> None:
    """It is still counted as waiting."""
    waiting = tally([found("north/1")], fresh=lambda *_: True)
    assert (keys(waiting), waiting["north"].pending) == ([], 1)


def test_an_old_archive_in_the_drop_holds_no_study_of_today_back() -> None:
    """Backfill is counted as pending, and does not move the watermark; a live surplus does."""
    listed = [found("north/backfill/1", seconds=900), found("south/1", seconds=900)]
    marks = {mark.site: mark for mark in watermarks(tally(listed), BEGAN)}
    assert (marks["north"].drained_at, marks["north"].pending) == (BEGAN, 1)
    assert marks["south"].drained_at < BEGAN


def test_a_watermark_is_the_start_of_the_listing_or_before_the_oldest() -> None:
    """Every known site has one, also with nothing in the drop."""
    listed = [found("north/1", 30), found("north/2", 90)]
    marks = {mark.site: mark for mark in watermarks(tally(listed), BEGAN)}

    assert marks["south"].drained_at == BEGAN
    assert (marks["south"].pending, marks["south"].oldest_pending) == (0, None)
    assert marks["north"].drained_at == BEGAN - timedelta(seconds=90) - MARGIN
    assert (marks["north"].pending, marks["north"].oldest_pending) == (
        2,
        BEGAN - timedelta(seconds=90),
    )


def test_a_clock_that_runs_ahead_does_not_drain_the_future() -> None:
    """A Last-Modified after the listing began leaves the mark at its start."""
    (mark, *_) = watermarks(tally([found("north/1", -60)]), BEGAN)
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


def archive(storage: MemoryStorage, files: int) -> None:
    """Fill the drop: a long archive of one site, with live files before and behind it."""
    for key in ("north/a", "north/backfill-x/1", "north/backfill.old/1", "north/backfill0", "x/1"):
        storage.put("drop", key, b"x")
    for number in range(files):
        storage.put("drop", f"north/backfill/{number:05}", b"x")
    storage.put("drop", "south/backfill/1", b"x")
    storage.put("drop", "south/z", b"x")


@pytest.mark.parametrize(("files", "more"), [(BACKLOG - 1, False), (BACKLOG + 500, True)])
def test_an_archive_is_not_listed_to_its_end_and_everything_else_is(
    files: int, *, more: bool
) -> None:
    """Ten years of files would take minutes, and today's studies wait for the end of a listing."""
    storage = MemoryStorage()
    archive(storage, files)
    counted = Tally(SITES, never, ROOM)
    for each in needed(storage, counted):
        counted.add(each)

    assert keys(counted.sites) == [
        "north/a",
        "south/z",
        "north/backfill-x/1",
        "north/backfill.old/1",
        "north/backfill0",
    ]
    assert (counted.sites["north"].more, counted.sites["south"].more) == (more, False)
    assert counted.sites["north"].pending == min(files, BACKLOG) + 4
    assert counted.sites["?"].pending == 1


def test_what_was_hinted_is_passed_over_for_the_next(storage: MemoryStorage) -> None:
    """An archive goes on although its beginning has not left the drop yet."""
    archive(storage, BACKLOG + 500)
    counted = Tally(SITES, lambda key, _version: key < "north/backfill/00400", ROOM)
    for each in needed(storage, counted):
        counted.add(each)
    (first, *_, last) = keys(counted.sites, Lane.BACKFILL)
    assert (first, last) == ("north/backfill/00400", f"north/backfill/{BACKLOG + 399:05}")


class Queues:
    """How deep they are, and what was hinted."""

    def __init__(self) -> None:
        """Be empty."""
        self.deep = dict.fromkeys((LIVE, BACKFILL, *DOWNSTREAM), 0)
        self.told: list[Dropped] = []

    def depths(self, queues: Iterable[str]) -> dict[str, int]:
        """Return the depths."""
        return {queue: self.deep[queue] for queue in queues}


def sweeper(queues: Queues, backlog: int) -> Sweeper:
    waiting = tally(found(f"north/backfill/{number}") for number in range(backlog))
    made = Sweeper(
        cast("Database", None),
        MemoryStorage(),
        cast("Sites", None),
        Recent(),
        queues.depths,
        queues.told.extend,
    )
    made.backlog.extend(admitted(waiting, Lane.BACKFILL))
    return made


def test_backfill_goes_on_in_bursts_that_grow_while_they_are_gone_by_the_next_look() -> None:
    """And shrink when they are not: each queue counts, and none lets another out."""
    queues = Queues()
    one = sweeper(queues, 900)
    sent = []
    for deep in ({}, {}, {LIVE: SHORT}, {BACKFILL: SHORT}, {DOWNSTREAM[0]: SHORT}, {}):
        queues.deep |= dict.fromkeys(queues.deep, SHORT - 1) | deep
        before = len(queues.told)
        one.admit()
        sent.append(len(queues.told) - before)
    assert sent == [2 * LEAST, 4 * LEAST, 0, 0, 0, 2 * LEAST]
    assert len({hint.key for hint in queues.told}) == sum(sent)


def test_what_was_hinted_meanwhile_is_not_hinted_from_the_backlog() -> None:
    """A listing that began before may bring it again."""
    queues = Queues()
    one = sweeper(queues, 5)
    again = list(one.backlog)
    one.admit()
    one.backlog.extend(again)
    one.admit()
    assert len(queues.told) == 5


def test_a_burst_has_bounds() -> None:
    """It never stops for good, and never fills the queues at once."""
    assert paced(LEAST, short=False) == LEAST
    assert paced(MOST, short=True) == MOST
