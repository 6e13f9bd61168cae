"""MinIO and RustFS, by AMQP and by webhook. Pure.

Read in their sources: the key in the record is URL-encoded, `+` for a space (Go's `QueryEscape`,
Rust's `form_urlencoded`), the `Key` beside `Records` is not; event names begin with `s3:`.
"""

from functools import partial
from urllib.parse import unquote_plus

from services.ingest.arrivals import Dropped, records

SOURCES = frozenset({"minio:s3", "rustfs:s3"})


def hints(body: bytes) -> list[Dropped]:
    """Return what was dropped; none for what is not for us.

    Raises:
        records.Unheard: neither of them says this.

    """
    return records.hints(records.read(body), SOURCES, partial(unquote_plus, errors="strict"))
