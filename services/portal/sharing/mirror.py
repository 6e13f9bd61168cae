"""Every change of a grant, told to the outside within a second: segments in the bucket `ledger`.

A withdrawal must survive a database that is put back older: see `Known`. A segment's key holds
the positions that it begins and ends with.
"""

import json
from uuid import uuid4

from services.portal.sharing.known import Known
from shared.db import Database
from shared.storage import Storage

BUCKET, FOLDER = "ledger", "grants/"
AT_ONCE = 1000  # changes in one segment

FIRST = "SELECT pg_try_advisory_xact_lock(hashtext('access.ledger')) AS first"
UNTOLD = """
    SELECT position, person, seq, grant_id, version, type, body, at FROM access.ledger
    WHERE NOT mirrored ORDER BY position LIMIT %s
"""
MARK = "UPDATE access.ledger SET mirrored = true WHERE position = ANY (%s)"


def mirror(database: Database, storage: Storage, known: Known) -> bool:
    """Put what is not mirrored yet; True where there may be more.

    Committed after the object is safe: a crash in between tells the same changes twice.
    """
    if known.position is None:
        known.saw(newest(storage))
    with database.transaction() as connection:
        if not connection.execute(FIRST).fetchall()[0]["first"]:
            return False  # another process is at it
        rows = connection.execute(UNTOLD, (AT_ONCE,)).fetchall()
        if not rows:
            return False
        first, last = rows[0]["position"], rows[-1]["position"]
        key = f"{FOLDER}{first:020d}-{last:020d}-{uuid4().hex}.json"
        told = [
            {**row, "person": str(row["person"]), "grant_id": str(row["grant_id"])}
            | {"at": row["at"].isoformat()}
            for row in rows
        ]
        storage.put(BUCKET, key, json.dumps(told).encode(), content_type="application/json")
        connection.execute(MARK, ([row["position"] for row in rows],))
    known.saw(last)
    return len(rows) == AT_ONCE


def newest(storage: Storage) -> int:
    """Return the last position that the mirror knows, 0 where it knows none."""
    ends = (each.key.removeprefix(FOLDER).split("-")[1] for each in storage.list(BUCKET, FOLDER))
    return max(map(int, ends), default=0)
