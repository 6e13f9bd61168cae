"""ingest.sweep: fair between sites, live before backfill, and honest about what waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.sweep import CROWD, MARGIN, admitted, crowded, tally, watermarks
from services.ingest.sweeper import (
    BACKFILL,
    BACKFILL_ROOM,
    DOWNSTREAM,
    LIVE,
    LIVE_ROOM,
    SHORT,
    rooms,
)
from shared.events import Lane
from shared.storage import Found

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOM = {Lane.LIVE: 10_000, Lane.BACKFILL: 10_000}
SITES = frozenset({"north", "south"})


def found(key: str, seconds: int = 0, version: str | None = "v1") -> Found:
    return Found("drop", key, version, 1, "e", BEGAN - timedelta(seconds=seconds))


def never(_key: str, _version: str) -> bool:
    return False


def test_sites_take_turns() -> None:
    """A site with much does not keep another with little waiting."""
    listed = [found(f"north/{n}") for n in range(5)] + [found("south/0"), found("south/1")]
    hints = admitted(tally(listed, SITES, never, ROOM), ROOM)
    assert [hint.key for hint in hints[:4]] == ["north/0", "south/0", "north/1", "south/1"]
    assert len(hints) == 7


def test_live_goes_first_and_backfill_only_where_there_is_room() -> None:
    """What may wait, waits in the drop."""
    listed = [found("north/backfill/1"), found("north/2")]
    waiting = tally(listed, SITES, never, ROOM)
    assert [hint.key for hint in admitted(waiting, ROOM)] == ["north/2", "north/backfill/1"]

    none = {Lane.LIVE: 10, Lane.BACKFILL: 0}
    assert [hint.key for hint in admitted(tally(listed, SITES, never, none), none)] == ["north/2"]


def test_the_surplus_of_a_crowd_is_backfill() -> None:
    """And its site is told apart, so that its webhook does not jump the queue."""
    listed = [found(f"north/{n}") for n in range(CROWD + 3)]
    waiting = tally(listed, SITES, never, ROOM)
    lanes = [hint.lane for hint in admitted(waiting, ROOM)]
    assert (lanes.count(Lane.LIVE), lanes.count(Lane.BACKFILL)) == (CROWD, 3)
    assert crowded(waiting) == {"north"}


def test_no_more_hints_are_given_than_there_is_room() -> None:
    """Over all sites together."""
    room = {Lane.LIVE: 3, Lane.BACKFILL: 0}
    listed = [found(f"{site}/{n}") for n in range(5) for site in SITES]
    hints = admitted(tally(listed, SITES, never, room), room)
    assert sorted(hint.site for hint in hints) == ["north", "north", "south"]


def test_what_was_hinted_a_moment_ago_is_not_hinted_again() -> None:
    """It is still counted as waiting."""
    waiting = tally([found("north/1")], SITES, lambda *_: True, ROOM)
    assert (admitted(waiting, ROOM), waiting["north"].pending) == ([], 1)


def test_an_old_archive_in_the_drop_holds_no_study_of_today_back() -> None:
    """Backfill is counted as pending, and does not move the watermark; a live surplus does."""
    listed = [found("north/backfill/1", seconds=900), found("south/1", seconds=900)]
    marks = {mark.site: mark for mark in watermarks(tally(listed, SITES, never, ROOM), BEGAN)}
    assert (marks["north"].drained_at, marks["north"].pending) == (BEGAN, 1)
    assert marks["south"].drained_at < BEGAN


def test_a_watermark_is_the_start_of_the_listing_or_before_the_oldest() -> None:
    """Every known site has one, also with nothing in the drop."""
    listed = [found("north/1", 30), found("north/2", 90)]
    marks = {mark.site: mark for mark in watermarks(tally(listed, SITES, never, ROOM), BEGAN)}

    assert marks["south"].drained_at == BEGAN
    assert (marks["south"].pending, marks["south"].oldest_pending) == (0, None)
    assert marks["north"].drained_at == BEGAN - timedelta(seconds=90) - MARGIN
    assert (marks["north"].pending, marks["north"].oldest_pending) == (
        2,
        BEGAN - timedelta(seconds=90),
    )


def test_a_clock_that_runs_ahead_does_not_drain_the_future() -> None:
    """A Last-Modified after the listing began leaves the mark at its start."""
    (mark, *_) = watermarks(tally([found("north/1", -60)], SITES, never, ROOM), BEGAN)
    assert mark.drained_at == BEGAN


def test_what_belongs_to_no_site_is_counted_and_left() -> None:
    """Unknown sites, keys without one."""
    listed = [found("west/1"), found("x"), found("NORTH/1")]
    waiting = tally(listed, SITES, never, ROOM)
    assert (admitted(waiting, ROOM), waiting["?"].pending) == ([], 3)


def test_the_marker_of_a_folder_is_nothing_that_waits() -> None:
    """It would hold the watermark for ever."""
    marker = replace(found("north/folder/", version=None), size=0)
    waiting = tally([marker], SITES, never, ROOM)
    assert (admitted(waiting, ROOM), waiting["north"].pending) == ([], 0)


def test_an_object_without_a_version_is_counted_and_left() -> None:
    """It could not be removed without risk for a newer one."""
    waiting = tally([found("north/1", version=None)], SITES, never, ROOM)
    assert (admitted(waiting, ROOM), waiting["north"].pending) == ([], 1)


@pytest.mark.parametrize(
    ("changes", "live", "backfill"),
    [
        ({}, LIVE_ROOM, BACKFILL_ROOM),
        ({LIVE: 150}, LIVE_ROOM - 150, BACKFILL_ROOM),
        ({LIVE: SHORT}, LIVE_ROOM - SHORT, 0),
        ({LIVE: LIVE_ROOM + 5}, 0, 0),
        ({BACKFILL: 400}, LIVE_ROOM, BACKFILL_ROOM - 400),
        ({DOWNSTREAM[0]: SHORT}, LIVE_ROOM, 0),
        ({DOWNSTREAM[1]: SHORT}, LIVE_ROOM, 0),
    ],
)
def test_room_is_what_the_queues_leave(changes: dict[str, int], live: int, backfill: int) -> None:
    """Backfill only while everything behind it is short."""
    depths = dict.fromkeys((LIVE, BACKFILL, *DOWNSTREAM), 0) | changes
    assert rooms(depths) == {Lane.LIVE: live, Lane.BACKFILL: backfill}
