"""Releases that notify has not heard of: told again, with the same ids, until it has."""

import structlog

from services.index.store import SCHEMA
from shared import outbox
from shared.crashpoint import reached
from shared.db import Database
from shared.events import StudyReleased

log = structlog.get_logger()

AT_ONCE = 500  # releases a pass

HEARD = """
    UPDATE told.study AS t SET heard_at = clock_timestamp() FROM notify.heard AS h
    WHERE t.heard_at IS NULL AND t.released_at IS NOT NULL
        AND (h.site, h.study_uid, h.record, h.release)
            = (t.site, t.study_uid, t.record, t.release)
"""
# Rarer each time, as with receipts: while notify is down, what was told first waits in its queue.
UNHEARD = """
    UPDATE told.study AS t SET told_again = t.told_again + 1, told_again_at = clock_timestamp()
    WHERE (t.site, t.study_uid) IN (
        SELECT site, study_uid FROM told.study
        WHERE heard_at IS NULL AND released_at IS NOT NULL AND record IS NOT NULL
            AND coalesce(told_again_at, released_at)
                < now() - make_interval(secs => %(after)s * 2 ^ least(told_again, 4))
        ORDER BY released_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    RETURNING t.site, t.study_uid, t.record, t.revision, t.released_by AS rule, t.release,
        coalesce((SELECT lane FROM ingest.study_lane AS l
            WHERE (l.site, l.study_uid) = (t.site, t.study_uid)), 'live') AS lane
"""


def reconcile(database: Database, after: float) -> bool:
    """Mark the releases that notify has heard of, tell the others again; say if there may be more.

    `after` is the age in seconds from which it ought to have heard. The outbox keeps a release
    from being lost on its way to the broker; this is for what the broker loses.
    """
    with database.transaction() as connection:
        connection.execute(HEARD)
        rows = connection.execute(UNHEARD, {"after": after, "most": AT_ONCE}).fetchall()
        for row in rows:
            outbox.put(connection, SCHEMA, StudyReleased(**row))
        if rows:
            reached("index.releases.asked")
            log.warning("releases_unheard", events=len(rows))
    return len(rows) == AT_ONCE
