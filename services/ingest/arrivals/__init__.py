"""What tells that something lies in `drop`: one module a dialect, all of them mere hints."""

import re
from datetime import datetime
from hashlib import sha256

from shared.events import Event, Lane

BUCKET = "drop"
BACKFILL = "backfill"  # the folder within a site whose bytes may wait
SITE = re.compile(r"([a-z0-9][a-z0-9-]{0,30})/.", re.DOTALL)


class Dropped(Event):
    """A hint: this version of this key lies in `drop`. Never in the journal: keys bear names."""

    routing_key = "s3.object-dropped"
    source = "ingest"
    bucket: str
    key: str
    version: str
    size: int  # bytes
    etag: str
    modified_at: datetime
    lane: Lane

    @property
    def entity(self) -> str:
        """Return the key's digest: the key itself stays in the body."""
        return digest(self.key)

    @property
    def fact(self) -> str:
        """Return the version."""
        return self.version


def site_of(key: str) -> str | None:
    """Return the first segment of `key` if it can be a site: never does the DICOM say which."""
    match = SITE.match(key)
    return match[1] if match else None


def lane_of(key: str) -> Lane:
    """Return how urgent the hospital says it is."""
    match key.split("/", 2):
        case [_, second, _] if second == BACKFILL:
            return Lane.BACKFILL
    return Lane.LIVE


def digest(key: str) -> str:
    """Return the SHA-256 of a drop key, which stands for it wherever a name must not be."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def exchange_key(hint: Dropped) -> str:
    """Return the routing key that brings `hint` into its lane."""
    return f"drop.{hint.lane}.{hint.site}"
