"""Which object store speaks, told by what it says: by AMQP all come by one queue. Pure."""

from collections.abc import Callable

from services.ingest.arrivals import Dropped, aws, ceph, minio, records

DIALECTS: dict[str, Callable[[bytes], list[Dropped]]] = {
    **dict.fromkeys(minio.SOURCES, minio.hints),
    **dict.fromkeys(ceph.SOURCES, ceph.hints),
    **dict.fromkeys(aws.SOURCES, aws.hints),
}


def hints(body: bytes) -> list[Dropped]:
    """Return what was dropped; none for what is not for us.

    Raises:
        records.Unheard: no object store that we know says this.

    """
    dialect = DIALECTS.get(records.read(body)[0].event_source)
    if dialect is None:
        code = "other-server"
        raise records.Unheard(code)
    return dialect(body)
