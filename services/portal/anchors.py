"""Where each chain of the access log ends, told to the outside: objects in the bucket `ledger`.

Whoever can change the database cannot change what was put there: nobody deletes from `ledger`,
and production locks its objects.
"""

import json
from uuid import uuid4

from services.portal.logbook import now
from shared.db import Database
from shared.storage import Storage

BUCKET = "ledger"
AT_ONCE = 1000  # chains in one object

GROWN = """
    SELECT record, seq, head FROM access.chain WHERE anchored < seq
    ORDER BY record LIMIT %s FOR UPDATE SKIP LOCKED
"""
ANCHORED = """
    UPDATE access.chain SET anchored = told.seq
    FROM unnest(%s::uuid[], %s::bigint[]) AS told (record, seq)
    WHERE chain.record = told.record
"""


def anchor(database: Database, storage: Storage) -> bool:
    """Put the ends of all chains that have grown; True where there may be more.

    Committed after the object is safe: a crash in between tells the same ends twice.
    """
    with database.transaction() as connection:
        grown = connection.execute(GROWN, (AT_ONCE,)).fetchall()
        if not grown:
            return False
        told = [[str(row["record"]), row["seq"], bytes(row["head"]).hex()] for row in grown]
        at = now(connection)
        key = f"access/{at:%Y-%m-%d}/{at:%H%M%S}-{uuid4().hex}.json"
        storage.put(BUCKET, key, json.dumps(told).encode(), content_type="application/json")
        records, places = zip(*((row["record"], row["seq"]) for row in grown), strict=True)
        connection.execute(ANCHORED, (list(records), list(places)))
    return len(grown) == AT_ONCE
