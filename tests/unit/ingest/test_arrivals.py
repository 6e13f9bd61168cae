"""ingest.arrivals: what is said in each dialect, and what is no hint."""

import json
from base64 import b64encode
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.arrivals import digest, exchange_key, lane_of, listing, seaweedfs, site_of
from shared.events import Lane
from shared.storage import Found

VERSION = "67151ad9755114eae7eb4460527f912b"
# As SeaweedFS 4.48 posts it.
POSTED: dict[str, Any] = {
    "event_type": "create",
    "key": f"/buckets/drop/north/a b+ü%.dcm.versions/v_{VERSION}",
    "message": {
        "new_entry": {
            "name": f"v_{VERSION}",
            "chunks": [],
            "attributes": {
                "file_size": 22,
                "mtime": 1795499355,
                "md5": "i/eRpDNWI/0+DNA5i+Uezg==",
            },
            "extended": {
                "Seaweed-X-Amz-ETag": b64encode(b"8bf791a4335623fd3e0cd0398be51ece").decode(),
                "Seaweed-X-Amz-Version-Id": b64encode(VERSION.encode()).decode(),
            },
        },
        "delete_chunks": True,
        "new_parent_path": "/buckets/drop/north/a b+ü%.dcm.versions",
        "signatures": [1],
    },
}


def test_seaweedfs_tells_key_version_and_etag() -> None:
    """The key is raw: a `+` or `%` in it is a `+` or `%`."""
    hint = seaweedfs.hint(json.dumps(POSTED).encode())

    assert hint is not None
    assert (hint.site, hint.key, hint.version) == ("north", "north/a b+ü%.dcm", VERSION)
    assert (hint.size, hint.etag) == (22, "8bf791a4335623fd3e0cd0398be51ece")
    assert hint.modified_at == datetime(2026, 11, 24, 5, 49, 15, tzinfo=UTC)
    assert (hint.lane, exchange_key(hint)) == (Lane.LIVE, "drop.live.north")


def changed(path: str, value: object) -> bytes:
    body = deepcopy(POSTED)
    *parents, last = path.split(".")
    place = body
    for parent in parents:
        place = place[parent]
    place[last] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        changed("event_type", "delete"),
        changed("key", "/buckets/drop/north"),
        changed("key", "/buckets/drop/north/a.dcm.versions"),
        changed("key", f"/buckets/archive/north/a.dcm.versions/v_{VERSION}"),
        changed("key", f"/buckets/drop/.uploads/x/a.dcm.versions/v_{VERSION}"),
        changed("key", f"/buckets/drop/a.dcm.versions/v_{VERSION}"),
        changed("key", f"/buckets/drop/Nord/a.dcm.versions/v_{VERSION}"),
        changed("message.new_entry", None),
        changed("message.new_entry.is_directory", value=True),
        changed("message.new_entry.extended", {}),
        changed("message.new_entry.extended.Seaweed-X-Amz-Version-Id", "not base64!"),
        changed("message.new_entry.attributes.mtime", 10**30),
    ],
)
def test_what_is_no_dropped_object_is_no_hint(body: bytes) -> None:
    """Directories, parts, other buckets, and whatever a stranger posts: the sweep is the truth."""
    assert seaweedfs.hint(body) is None


def found(key: str, version: str | None = "v1") -> Found:
    return Found("drop", key, version, 3, "etag", datetime(2026, 3, 1, tzinfo=UTC))


def test_a_listing_tells_the_same() -> None:
    """The version, and the lane, unless the sweep has another in mind."""
    hint = listing.hint(found("north/backfill/x"))
    assert hint is not None
    assert (hint.site, hint.version, hint.lane) == ("north", "v1", Lane.BACKFILL)
    assert listing.hint(found("north/x", None)) is None
    assert listing.hint(found("x")) is None


@pytest.mark.parametrize(
    ("key", "site"),
    [
        ("north/x", "north"),
        ("north/\n", "north"),
        ("north/", None),
        ("north", None),
        ("/north/x", None),
        ("NORTH/x", None),
        ("-north/x", None),
        ("n" * 32 + "/x", None),
        ("nörth/x", None),
        ("../x", None),
    ],
)
def test_the_site_is_the_first_segment(key: str, site: str | None) -> None:
    """And must be fit to be one."""
    assert site_of(key) == site


@pytest.mark.parametrize(
    ("key", "lane"),
    [
        ("north/backfill/x", Lane.BACKFILL),
        ("north/backfill", Lane.LIVE),
        ("north/backfill.dcm", Lane.LIVE),
        ("north/x/backfill/y", Lane.LIVE),
    ],
)
def test_backfill_is_a_folder_of_the_site(key: str, lane: Lane) -> None:
    """Nothing else is."""
    assert lane_of(key) is lane


def test_what_goes_into_headers_has_no_key() -> None:
    """The id and subject of a hint are made of the key's digest."""
    hint = listing.hint(found("north/Doe, Jane.dcm"))
    assert hint is not None
    assert hint.subject == f"north/{digest('north/Doe, Jane.dcm')}"
    assert "Doe" not in f"{hint.subject}{hint.id}{exchange_key(hint)}"
