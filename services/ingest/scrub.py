"""The scrub: each original is read again from time to time, and compared with its SHA-256.

A share of the archive each day: an original is due so many days after its receipt or its last look.
What is damaged is told, counted and looked at again each hour, so that a restored one is seen.
"""

from collections.abc import Callable
from contextlib import closing

import structlog

from services.ingest.content import content_of
from shared import metrics
from shared.crashpoint import reached
from shared.db import Database, Row
from shared.events import Damage, Event, ObjectDamaged, StoredObject
from shared.storage import Storage

log = structlog.get_logger()

AT_ONCE = 20  # originals a pass
AGAIN = 3600.0  # seconds until a damaged one is looked at again

DUE = """
    (SELECT site, bucket, key, sha256, size FROM ingest.receipt
    WHERE bucket = 'archive'
        AND coalesce(scrubbed_at, received_at) < now() - make_interval(secs => %(age)s)
    ORDER BY coalesce(scrubbed_at, received_at) LIMIT %(most)s)
    UNION
    (SELECT site, bucket, key, sha256, size FROM ingest.receipt
    JOIN ingest.damage USING (site, bucket, key, sha256)
    WHERE mended_at IS NULL
        AND coalesce(scrubbed_at, received_at) < now() - make_interval(secs => %(again)s)
    LIMIT %(most)s)
"""
LOOKED_AT = """
    UPDATE ingest.receipt SET scrubbed_at = clock_timestamp()
    WHERE site = %(site)s AND sha256 = %(sha256)s AND key = %(key)s
"""
MENDED = """
    UPDATE ingest.damage SET mended_at = clock_timestamp()
    WHERE bucket = %(bucket)s AND key = %(key)s AND mended_at IS NULL
"""
# Found again while it is not mended, it is the same damage.
DAMAGED = """
    INSERT INTO ingest.damage AS old (bucket, key, site, sha256, reason)
    VALUES (%(bucket)s, %(key)s, %(site)s, %(sha256)s, %(reason)s)
    ON CONFLICT (bucket, key) DO UPDATE SET reason = excluded.reason, mended_at = NULL,
        found_at = CASE WHEN old.mended_at IS NULL THEN old.found_at ELSE excluded.found_at END
    RETURNING found_at
"""
OPEN = "SELECT count(*) AS damaged FROM ingest.damage WHERE mended_at IS NULL"

# From the start, so that the first of a kind is an increase too.
for _found in ("sound", *Damage):
    metrics.ORIGINALS_SCRUBBED.labels(outcome=_found)


def scrub(
    database: Database,
    storage: Storage,
    publish: Callable[[Event], None],
    age: float,
    again: float = AGAIN,
) -> bool:
    """Look at the originals that are due; return whether there may be more.

    `age` is in seconds. Killed anywhere, the same ones are due again: the damage is told twice,
    with the same id.
    """
    with database.transaction() as connection:
        asked = {"age": age, "again": min(age, again), "most": AT_ONCE}
        rows = connection.execute(DUE, asked).fetchall()
    for row in rows:
        compare(row, database, storage, publish)
    with database.transaction() as connection:
        for row in connection.execute(OPEN):
            metrics.ORIGINALS_DAMAGED.set(row["damaged"])
    return len(rows) >= AT_ONCE


def compare(
    row: Row, database: Database, storage: Storage, publish: Callable[[Event], None]
) -> None:
    """Read one original, tell what is wrong with it, and write down that it was looked at."""
    damage = wrong(row, storage)
    reached("ingest.scrub.compared")
    metrics.ORIGINALS_SCRUBBED.labels(outcome=damage or "sound").inc()
    with database.transaction() as connection:
        if damage is None:
            connection.execute(MENDED, row)
        else:
            (noted,) = connection.execute(DAMAGED, row | {"reason": damage}).fetchall()
    if damage is not None:
        reached("ingest.scrub.damaged")
        log.error("original_damaged", site=row["site"], sha256=row["sha256"], reason=damage)
        what = StoredObject(
            bucket=row["bucket"], key=row["key"], size=row["size"], sha256=row["sha256"]
        )
        publish(
            ObjectDamaged(site=row["site"], object=what, reason=damage, found_at=noted["found_at"])
        )
        reached("ingest.scrub.told")
    with database.transaction() as connection:
        connection.execute(LOOKED_AT, row)
    reached("ingest.scrub.committed")


def wrong(row: Row, storage: Storage) -> Damage | None:
    """Return what is wrong with an original. Read twice: a bit may also turn over on its way."""
    for _ in range(2):
        try:
            with closing(storage.open(row["bucket"], row["key"])) as file:
                if content_of(file).sha256 == row["sha256"]:
                    return None
        except FileNotFoundError:
            return Damage.MISSING
    return Damage.OTHER_BYTES
