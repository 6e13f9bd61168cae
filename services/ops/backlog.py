"""What is on its way, and what is stuck: questions to the schemas of the services."""

from datetime import datetime
from typing import Any

from services.ops.waiting import Wait, Why
from shared.canary import STUDY_UID
from shared.db import Connection, Row

OVERDUE_SECONDS = 60  # a letter that is due for longer is late, tried or not

# One line a wait: who (opaque), since when, and the name of the reason.
WAITS = """
    SELECT record::text AS who, created_at AS since, 'NO_ADDRESS' AS why
    FROM notify.delivery WHERE state = 'owed'
    UNION ALL
    SELECT record::text, created_at, 'REFUSED' FROM notify.delivery WHERE state = 'failed'
    UNION ALL
    SELECT record::text, created_at, 'OVERDUE' FROM notify.delivery
    WHERE state = 'due'
      AND (attempts > 0 OR due_at < clock_timestamp() - make_interval(secs => %(late)s))
    UNION ALL
    SELECT site || '/' || study_uid, available_at, 'UNASSIGNED' FROM catalogue.study
    WHERE state = 'available' AND record IS NULL
    UNION ALL
    SELECT coalesce(record::text, site || '/' || study_uid), filed_at, 'CONFLICT'
    FROM catalogue.content WHERE standing = 'conflicting' AND conflict = 'other-patient'
    UNION ALL
    SELECT coalesce(record::text, site || '/' || study_uid), first_seen, 'ARRIVING'
    FROM catalogue.study WHERE state = 'arriving' AND study_uid <> %(canary)s
    UNION ALL
    SELECT r.site || '/' || r.study_uid, min(r.received_at), 'ARRIVING'
    FROM ingest.receipt r LEFT JOIN catalogue.study s USING (site, study_uid)
    WHERE r.filed_at IS NULL AND r.kind = 'instance' AND s.study_uid IS NULL
        AND r.study_uid <> %(canary)s
    GROUP BY r.site, r.study_uid
"""

DROP = """
    SELECT coalesce(w.site, s.site) AS site, s.site IS NOT NULL AS known,
           coalesce(w.pending, 0) AS pending, coalesce(w.more, false) AS more,
           w.oldest_pending, w.drained_at, w.listed_at
    FROM ingest.watermark w FULL JOIN sites.site s USING (site) ORDER BY 1
"""

# In flight: received, and not both filed and settled. Receipts of studies that have no row yet too.
ARRIVING = """
    WITH arriving AS (
        SELECT site, study_uid, reference, first_seen, last_seen, instance_count
        FROM catalogue.study WHERE state = 'arriving'
        UNION ALL
        SELECT r.site, r.study_uid, NULL, min(r.received_at), max(r.received_at), 0
        FROM ingest.receipt r LEFT JOIN catalogue.study s USING (site, study_uid)
        WHERE r.filed_at IS NULL AND r.kind = 'instance' AND s.study_uid IS NULL
        GROUP BY r.site, r.study_uid
    )
    SELECT a.*, (
        SELECT count(*) FROM ingest.received r
        LEFT JOIN catalogue.content c USING (site, sop_uid, sha256)
        LEFT JOIN catalogue.settlement t USING (site, sop_uid, sha256)
        WHERE r.site = a.site AND r.study_uid = a.study_uid
          AND (c.sha256 IS NULL OR t.sha256 IS NULL)
    ) AS in_flight
    FROM arriving a ORDER BY first_seen LIMIT 50
"""

COUNTS = """
    SELECT
        (SELECT count(*) FROM notify.delivery WHERE state = 'owed') AS letters_owed,
        (SELECT count(*) FROM notify.delivery WHERE state = 'due'
            AND (attempts > 0 OR due_at < clock_timestamp() - make_interval(secs => %(late)s))
        ) AS letters_overdue,
        (SELECT count(*) FROM notify.delivery WHERE state = 'sent') AS letters_sent,
        (SELECT count(*) FROM notify.delivery WHERE state = 'failed') AS letters_failed,
        (SELECT count(*) FROM ingest.quarantine WHERE decision IS NULL) AS quarantine_undecided,
        (SELECT count(*) FROM ingest.damage WHERE mended_at IS NULL) AS originals_damaged,
        (SELECT count(*) FROM catalogue.content WHERE standing = 'conflicting') AS conflicts,
        (SELECT count(*) FROM catalogue.study WHERE state = 'available') AS studies_available,
        (SELECT count(*) FROM catalogue.study WHERE state = 'available' AND record IS NULL)
            AS studies_unassigned,
        (SELECT min(created_at) FROM (
            SELECT created_at FROM catalogue.outbox WHERE sent_at IS NULL
            UNION ALL SELECT created_at FROM notify.outbox WHERE sent_at IS NULL
        ) unsent) AS oldest_unsent_event
"""


def waits(connection: Connection) -> list[Wait]:
    """Return everybody who waits; somebody may wait for several reasons."""
    rows = connection.execute(WAITS, {"late": OVERDUE_SECONDS, "canary": STUDY_UID})
    return [Wait(row["who"], row["since"], Why[row["why"]]) for row in rows]


def drop(connection: Connection) -> list[Row]:
    """Return what waits in the drop by site, as of the last full listing; `?` is no known site."""
    return connection.execute(DROP).fetchall()


def arriving(connection: Connection) -> list[Row]:
    """Return the studies on their way with what is in flight, the oldest first, at most 50."""
    return connection.execute(ARRIVING).fetchall()


def counts(connection: Connection) -> dict[str, Any]:
    """Return the other numbers by name."""
    return connection.execute(COUNTS, {"late": OVERDUE_SECONDS}).fetchone() or {}


def clock(connection: Connection) -> datetime:
    """Return the database's time, the only clock that counts."""
    row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row is not None  # noqa: S101  a SELECT without FROM has one row
    now: datetime = row["now"]
    return now
