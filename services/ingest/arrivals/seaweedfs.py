"""SeaweedFS's webhook: metadata events of its filer, directories and all. Pure.

Seen of 4.48: a versioned object is a file `v_<version>` in a directory `<key>.versions`; the key
is raw, not URL-encoded; user metadata and ETag are base64 in `extended`.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ingest.arrivals import BUCKET, Dropped, lane_of, site_of

PLACE = re.compile(rf"/buckets/{BUCKET}/(?P<key>.+)\.versions/v_[^/]+", re.DOTALL)


class Attributes(BaseModel):
    """What a file system keeps of a file; sizes in bytes, times in seconds."""

    file_size: int = 0
    mtime: int


class Entry(BaseModel):
    """One entry of the filer."""

    is_directory: bool = False
    attributes: Attributes
    extended: dict[str, str] = {}


class Change(BaseModel):
    """What has changed."""

    new_entry: Entry | None = None


class Posted(BaseModel):
    """The body of one webhook call."""

    model_config = ConfigDict(extra="ignore")
    event_type: str
    key: str
    message: Change = Field(default_factory=Change)


def hints(body: bytes) -> list[Dropped]:
    """Return what was dropped; none for all else the filer has to say."""
    found = hint(body)
    return [] if found is None else [found]


def hint(body: bytes) -> Dropped | None:
    """Return what was dropped, or None: a directory, a part of an upload, another bucket."""
    try:
        posted = Posted.model_validate_json(body)
        entry, place = posted.message.new_entry, PLACE.fullmatch(posted.key)
        if entry is None or entry.is_directory or place is None or posted.event_type != "create":
            return None
        key = place["key"]
        return Dropped(
            site=site_of(key) or "",  # no site: does not fit, so no hint; the sweep counts it
            bucket=BUCKET,
            key=key,
            version=told(entry, "Seaweed-X-Amz-Version-Id"),
            size=entry.attributes.file_size,
            etag=told(entry, "Seaweed-X-Amz-ETag").strip('"'),
            modified_at=datetime.fromtimestamp(entry.attributes.mtime, UTC),
            lane=lane_of(key),
        )
    except (ValidationError, KeyError, NotBase64, UnicodeDecodeError, OverflowError, ValueError):
        return None


def told(entry: Entry, name: str) -> str:
    """Return what the filer keeps under `name`.

    Raises:
        KeyError: nothing, or nothing in it.

    """
    value = b64decode(entry.extended[name], validate=True).decode()
    if not value or value == "null":
        raise KeyError(name)
    return value
