"""Receipts that nobody filed: their events are told again, with the same ids."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import structlog
from pydantic import ValidationError

from services.ingest.receipts import EVENTS
from shared.crashpoint import reached
from shared.db import Database, Row
from shared.events import Event
from shared.logs import told

log = structlog.get_logger()

AT_ONCE = 500  # events a pass
BEHIND = ("transcode.instances", "index.instances", "index.documents")
SHORT = 200  # messages in each of them

FILE = """
    UPDATE ingest.receipt r SET filed_at = clock_timestamp()
    FROM catalogue.filed f
    WHERE r.filed_at IS NULL AND r.kind IN ('instance', 'roster', 'declaration')
      AND r.received_at < now() - make_interval(secs => %(after)s)
      AND (f.site, f.sha256) = (r.site, r.sha256)
      AND (f.study_uid IS NULL OR f.study_uid = r.study_uid)
"""
# Rarer each time, up to 16 times `after`: what cannot be filed at all must not fill the dead
# letters, and who waits because a queue was lost waits no longer than that.
UNFILED = """
    UPDATE ingest.receipt r
    SET told_again = r.told_again + 1, told_again_at = clock_timestamp()
    WHERE (r.site, r.drop_digest, r.drop_version) IN (
        SELECT site, drop_digest, drop_version FROM ingest.receipt
        WHERE filed_at IS NULL AND kind IN ('instance', 'roster', 'declaration')
          AND coalesce(told_again_at, received_at)
              < now() - make_interval(secs => %(after)s * 2 ^ least(told_again, 4))
        ORDER BY received_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING r.event_type, r.event
"""


def while_short(
    depths: Callable[[Iterable[str]], dict[str, int]], task: Callable[[], bool]
) -> bool:
    """Run `task`, unless much waits behind which it would only tell more of the same.

    Nor while a queue is not there: what is told then is lost again, and told ever more rarely.

    Raises:
        EdgeDown: the broker does not answer, or a queue is not there.

    """
    return max(depths(BEHIND).values()) < SHORT and task()


def reconcile(
    database: Database, publish_many: Callable[[Sequence[Event]], None], after: float
) -> bool:
    """Mark what is filed by now, tell again what is not; return whether there may be more.

    `after` is the age in seconds from which a receipt ought to be filed, at one moment for both:
    what comes of age in between would be told again without having been looked for.
    """
    with database.transaction() as connection:
        connection.execute(FILE, {"after": after})
        rows = connection.execute(UNFILED, {"after": after, "most": AT_ONCE}).fetchall()
        reached("ingest.reconcile.marked")
        events = list(readable(rows))
        if events:
            publish_many(events)
            reached("ingest.reconcile.told")
            log.warning("receipts_unfiled", events=len(events))
    return len(rows) == AT_ONCE


def readable(rows: Iterable[Row]) -> Iterator[Event]:
    """Yield the event of each row; one that cannot be read keeps no other from being told."""
    for row in rows:
        try:
            yield EVENTS[row["event_type"]].model_validate(row["event"])
        except (KeyError, ValidationError) as error:
            log.error("receipt_unreadable", event_type=row["event_type"], error=told(error))
