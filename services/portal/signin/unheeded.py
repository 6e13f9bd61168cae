"""Claims and wishes that index has not heeded: told again, with the same ids, until it has.

The outbox keeps them from being lost on their way to the broker; this is for what the broker loses.
"""

import structlog

from services.portal.logbook import SCHEMA
from shared import outbox
from shared.db import Database
from shared.events import PatientClaimed, PatientUnclaimed, ReleaseWished

log = structlog.get_logger()

AT_ONCE = 500  # of each, a pass
CLAIMS = """
    SELECT claim, person, record, site, ended_at IS NOT NULL AS ended FROM access.claim AS c
    WHERE coalesce(ended_at, claimed_at) < clock_timestamp() - make_interval(secs => %s)
        AND NOT EXISTS (SELECT FROM catalogue.heeded_claim AS h
            WHERE h.claim = c.claim AND h.ended = (c.ended_at IS NOT NULL))
    ORDER BY coalesce(ended_at, claimed_at) LIMIT %s
"""
WISHES = """
    SELECT person, version, wish, site AS study_site, study_uid FROM (
        SELECT DISTINCT ON (person, site, study_uid) * FROM access.wish
        ORDER BY person, site, study_uid, version DESC
    ) AS w
    WHERE wished_at < clock_timestamp() - make_interval(secs => %s)
        AND NOT EXISTS (SELECT FROM catalogue.heeded_wish AS h
            WHERE (h.person, h.site, h.study_uid)
                = (w.person, coalesce(w.site, ''), coalesce(w.study_uid, ''))
            AND h.version >= w.version)
    ORDER BY wished_at LIMIT %s
"""


def tell_again(database: Database, after: float) -> None:
    """Put what is older than `after` seconds, and not heeded, into the outbox once more."""
    with database.transaction() as connection:
        events: list[PatientClaimed | ReleaseWished] = []
        for row in connection.execute(CLAIMS, (after, AT_ONCE)).fetchall():
            told = {name: row[name] for name in ("claim", "person", "record", "site")}
            events.append((PatientUnclaimed if row["ended"] else PatientClaimed)(**told))
        wishes = connection.execute(WISHES, (after, AT_ONCE)).fetchall()
        events += [ReleaseWished(**row) for row in wishes]
        for event in events:
            outbox.put(connection, SCHEMA, event)
    if events:
        log.warning("wishes_unheeded", events=len(events))
