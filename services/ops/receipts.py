"""Receipts told again for a rebuild: in the order in which they were written, and paced."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import ValidationError

from services.ops import edges
from shared.broker.depth import depths
from shared.db import Connection, Row
from shared.events import CATALOGUE, Event

SLICE = 200  # events between two looks at the queues
SHORT = 400  # messages: while more wait than these, nothing is told
QUEUES = ("transcode.instances", "index.instances", "index.documents")
POLL = 0.5  # seconds
EVENTS = {each.routing_key: each for each in CATALOGUE}

# The reconciler of ingest is the net below: it tells what nobody filed, though not before we are
# done. After eight tries of its own it waits longest, a day with its usual settings.
UNFILE = """
    UPDATE ingest.receipt AS r
    SET filed_at = NULL, told_again = 8, told_again_at = clock_timestamp()
    WHERE r.kind IN ('instance', 'roster', 'declaration')
        AND (%(site)s::text IS NULL OR r.site = %(site)s)
"""
# What is not in the catalogue, or is there and transcode has not said what is served for it.
MISSING = """
    (NOT EXISTS (SELECT FROM catalogue.filed AS f WHERE (f.site, f.sha256) = (r.site, r.sha256)
        AND (f.study_uid IS NULL OR f.study_uid = r.study_uid))
    OR r.kind = 'instance' AND NOT EXISTS (SELECT FROM catalogue.settlement AS t
        WHERE (t.site, t.sop_uid, t.sha256) = (r.site, r.sop_uid, r.sha256)))
"""
UNTOLD = f"""
    r.filed_at IS NULL AND r.kind IN ('instance', 'roster', 'declaration')
    AND r.received_at < %(until)s AND (%(site)s::text IS NULL OR r.site = %(site)s) AND {MISSING}
"""
# In the order of receipt, as far as anyone can: what came first is shown first.
NEXT = f"""
    SELECT site, drop_digest, drop_version, received_at, event_type, event
    FROM ingest.receipt AS r
    WHERE {UNTOLD} AND (received_at, site, drop_digest, drop_version)
        > (%(after)s, %(after_site)s, %(after_digest)s, %(after_version)s)
    ORDER BY received_at, site, drop_digest, drop_version LIMIT %(most)s
"""  # noqa: S608  our own words
COUNT = f"SELECT count(*) AS receipts FROM ingest.receipt AS r WHERE {UNTOLD}"  # noqa: S608  our own words
LEFT = f"""
    SELECT (SELECT count(*) FROM ingest.receipt AS r
        WHERE r.kind IN ('instance', 'roster', 'declaration') AND r.received_at < %(until)s
            AND (%(site)s::text IS NULL OR r.site = %(site)s) AND {MISSING}) AS receipts,
        (SELECT count(*) FROM told.study AS t LEFT JOIN catalogue.study AS s USING (site, study_uid)
        WHERE s.state IS DISTINCT FROM 'available'
            AND (%(site)s::text IS NULL OR site = %(site)s)) AS studies
"""  # noqa: S608  our own words


def unhurried(connection: Connection) -> None:
    """Let what looks at every row of a large archive take its time, within this transaction."""
    connection.execute("SET LOCAL statement_timeout = 0")


def unfile(connection: Connection, site: str | None, *, everything: bool) -> None:
    """Mark receipts as not filed: all, or those that the catalogue does not have."""
    where = "" if everything else f" AND {MISSING}"
    connection.execute((UNFILE + where).encode(), {"site": site})


def unfiled(site: str | None, until: datetime) -> int:
    """Return how many receipts there are to tell."""
    with edges.transaction() as connection:
        unhurried(connection)
        row = connection.execute(COUNT.encode(), {"site": site, "until": until}).fetchone() or {}
    return int(row["receipts"])


def left(site: str | None, until: datetime) -> tuple[int, int]:
    """Return how many receipts are not filed, and how many studies are not as they were told."""
    with edges.transaction() as connection:
        unhurried(connection)
        row = connection.execute(LEFT.encode(), {"site": site, "until": until}).fetchone() or {}
    return row["receipts"], row["studies"]


def tell(site: str | None, until: datetime) -> Iterator[int]:
    """Tell every unfiled receipt written before `until`; yield how many a slice had."""
    url = edges.amqp_url()
    with edges.publisher() as publisher:
        for rows in slices(site, until):
            while sum(depths(url, QUEUES).values()) > SHORT:
                time.sleep(POLL)
            publisher.publish_many([event for event in map(readable, rows) if event is not None])
            yield len(rows)


def slices(site: str | None, until: datetime) -> Iterator[list[Row]]:
    """Yield the receipts in their order, a slice in a transaction."""
    asked = {"site": site, "until": until, "most": SLICE, "after": datetime.min.replace(tzinfo=UTC)}
    asked |= dict.fromkeys(("after_site", "after_digest", "after_version"), "")
    while True:
        with edges.transaction() as connection:
            rows = connection.execute(NEXT.encode(), asked).fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1]
        asked |= {"after": last["received_at"], "after_site": last["site"]}
        asked |= {"after_digest": last["drop_digest"], "after_version": last["drop_version"]}


def readable(row: Row) -> Event | None:
    """Return the event of a receipt; None of one that cannot be read, which then stays unfiled."""
    try:
        return EVENTS[row["event_type"]].model_validate(row["event"])
    except (KeyError, ValidationError):
        return None
