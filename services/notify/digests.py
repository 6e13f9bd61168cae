"""The tables of digests: one letter about several studies, which waits until no more is added."""

from dataclasses import replace

from services.notify.handler import STUDY_RELEASED, Debt, Pace
from shared.db import Connection, Row

# Of one person at a time: else the same study, told twice at once, could open two digests.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%(site)s || '/' || %(record)s::text, 0))"
GATHER = """
WITH digest AS (
    INSERT INTO notify.delivery AS d (delivery, kind, site, record, event_id, state, reference,
        due_at)
    SELECT %(delivery)s, %(kind)s, %(site)s, %(record)s, %(event_id)s,
           CASE WHEN EXISTS (SELECT FROM notify.reachable WHERE record = %(record)s)
                THEN 'due' ELSE 'owed' END,
           %(reference)s, clock_timestamp() + least(%(quiet)s, %(longest)s)
    WHERE NOT EXISTS (SELECT FROM notify.digested
        WHERE (site, study_uid, record) = (%(site)s, %(study_uid)s, %(record)s))
    AND NOT EXISTS (SELECT FROM notify.delivery WHERE delivery = %(letter)s)
    ON CONFLICT (site, record)
        WHERE kind = 'studies-released' AND attempts = 0 AND state IN ('owed', 'due')
    DO UPDATE SET
        due_at = least(clock_timestamp() + %(quiet)s, d.created_at + %(longest)s)
    RETURNING delivery
)
INSERT INTO notify.digested (site, study_uid, record, delivery, event_id)
SELECT %(site)s, %(study_uid)s, %(record)s, delivery, %(event_id)s FROM digest
"""
STUDIES = "SELECT count(*) AS studies FROM notify.digested WHERE delivery = %(delivery)s"


def gather(connection: Connection, debt: Debt, pace: Pace) -> None:
    """Add the study to the person's open digest, or open one.

    Nothing where it is in a digest already, sent or not, or had a letter of its own.
    """
    letter = replace(debt, kind=STUDY_RELEASED).delivery
    row = debt.row | {"quiet": pace.quiet, "longest": pace.longest, "letter": letter}
    connection.execute(ALONE, row)
    connection.execute(GATHER, row)


def studies(connection: Connection, claimed: Row) -> int:
    """Return how many studies a digest tells of.

    Asked when its row is claimed: what was added while we waited for the row is counted too.
    """
    (found,) = connection.execute(STUDIES, claimed).fetchall()
    return int(found["studies"])
