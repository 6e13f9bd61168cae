"""ingest.archives: an archive is read a part at a time, and let go at a pace."""

from collections.abc import Iterator
from datetime import UTC, datetime

from services.ingest.archives import BACKLOG, LEAST, MOST, Archive, paced
from shared.storage import Found


def listed(after: str, files: int) -> Iterator[Found]:
    """List an archive from behind a key."""
    for number in range(files):
        key = f"north/backfill/{number:05}"
        if key > after:
            yield Found("drop", key, "v1", 1, "e", datetime(2026, 3, 1, tzinfo=UTC))


def test_a_part_is_read_and_the_rest_later() -> None:
    """As much as is wanted soon; what was hinted a moment ago is passed over, and counted."""
    archive = Archive()
    archive.read(listed(archive.after, BACKLOG + 50), lambda key, _: key.endswith("00007"))
    assert (len(archive.waiting), archive.counted, archive.through) == (BACKLOG, BACKLOG + 1, False)
    assert not archive.low

    archive.waiting.clear()
    archive.read(listed(archive.after, BACKLOG + 50), lambda *_: False)
    assert next(hint.key for hint in archive.waiting) == f"north/backfill/{BACKLOG + 1:05}"
    assert (archive.counted, archive.through, archive.after) == (BACKLOG + 50, True, "")


def test_an_archive_is_empty_when_a_reading_finds_nothing() -> None:
    """Not when all of it was hinted: what could not be taken in is still there."""
    archive = Archive()
    archive.read(listed("", 3), lambda *_: False)
    archive.waiting.clear()
    assert not archive.empty
    archive.read(listed("", 0), lambda *_: False)
    assert archive.empty


def test_a_burst_has_bounds() -> None:
    """It never stops for good, and never fills the queues at once."""
    assert paced(LEAST, free=False) == LEAST
    assert paced(MOST, free=True) == MOST
    assert paced(LEAST, free=True) == 2 * LEAST
