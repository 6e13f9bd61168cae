"""The bucket's own listing, which every S3 server has: the truth. Pure."""

from services.ingest.arrivals import Dropped, lane_of, site_of
from shared.events import Lane
from shared.storage import Found


def hint(found: Found, lane: Lane | None = None) -> Dropped | None:
    """Return the hint for one listed version, or None: no site, or no version to remove it by."""
    site = site_of(found.key)
    if site is None or found.version is None:
        return None
    return Dropped(
        site=site,
        bucket=found.bucket,
        key=found.key,
        version=found.version,
        size=found.size,
        etag=found.etag,
        modified_at=found.modified_at,
        lane=lane or lane_of(found.key),
    )
