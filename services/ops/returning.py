"""What lies in the buckets and has no receipt any more, put back into the drop.

After a restore of an older database: ingest takes it in as if it had just been dropped, and it
comes to the same place, for that follows from its content.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from services.ops import edges
from services.ops.queries import DIGEST
from shared.storage import Found, Storage

BUCKET = "drop"
MANIFEST = "_COMPLETE.json"  # the one name that ingest goes by
AT_ONCE = 500  # objects between two questions to the database

RECEIVED = """
    SELECT DISTINCT site, sha256 FROM ingest.receipt
    JOIN unnest(%s::text[], %s::text[]) AS asked (site, sha256) USING (site, sha256)
"""


def put_back(storage: Storage, site: str | None) -> Iterator[int]:
    """Put back what has no receipt, of one site or of all; yield how many of each slice."""
    prefix = "" if site is None else f"{site}/"
    for bucket in ("archive", "quarantine"):
        found = (each for each in storage.list(bucket, prefix) if digest(each.key) is not None)
        while some := list(islice(found, AT_ONCE)):
            yield sum(returned(each, storage) for each in unreceived(some))


def digest(key: str) -> str | None:
    """Return the SHA-256 in the key of an original; None for what lies beside it."""
    if key.endswith(".json"):
        return None
    parts = key.removesuffix(".bin").split("/")
    names = [part.partition(".")[0] for part in parts[1:]]
    # In quarantine the drop key's digest comes after the content's.
    return next((name for name in names if DIGEST.fullmatch(name)), None)


def unreceived(found: Iterable[Found]) -> Iterator[Found]:
    """Yield the objects without a receipt."""
    keyed = [(each.key.partition("/")[0], digest(each.key) or "", each) for each in found]
    with edges.transaction() as connection:
        rows = connection.execute(
            RECEIVED, ([site for site, _, _ in keyed], [sha for _, sha, _ in keyed])
        ).fetchall()
    known = {(row["site"], row["sha256"]) for row in rows}
    yield from (each for site, sha, each in keyed if (site, sha) not in known)


def returned(found: Found, storage: Storage) -> bool:
    """Copy one object into the drop; False where it has gone meanwhile."""
    try:
        storage.copy(found, BUCKET, drop_key(found, storage))
    except FileNotFoundError:
        return False
    return True


def drop_key(found: Found, storage: Storage) -> str:
    """Return under which key it is dropped: for a quarantined object the one that it had.

    Raises:
        FileNotFoundError: the object is gone.

    """
    site, _, rest = found.key.partition("/")
    if found.bucket == "quarantine":
        with storage.open(found.bucket, found.key.removesuffix(".bin") + ".json") as beside:
            return str(json.loads(beside.read())["drop_key"])
    key = f"{site}/.returned/{digest(found.key)}"
    manifest = rest.startswith("declarations/") and storage.read(found.bucket, found.key, 0, 1) in (
        b"{",
        b"\xef",
    )
    return f"{key}/{MANIFEST}" if manifest else key
