"""Ceph's gateway (RGW), by AMQP and by HTTP. Pure.

Seen of 16.2: the key is raw, so that a `+` or `%` in it is a `+` or `%`; the version is missing
where a multipart upload was completed or an object copied, so those are left to the sweep.
"""

from services.ingest.arrivals import Dropped, records

SOURCES = frozenset({"ceph:s3"})


def hints(body: bytes) -> list[Dropped]:
    """Return what was dropped; none for what is not for us.

    Raises:
        records.Unheard: Ceph does not say this.

    """
    return records.hints(records.read(body), SOURCES, str)
