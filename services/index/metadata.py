"""The metadata object of a series: what viewers read first. Pure."""

import zlib
from collections.abc import Iterable

GZIP = 31  # wbits of zlib for a gzip stream; its time stamp is 0, so equal input is equal bytes
LEVEL = 6


def series_metadata(headers: Iterable[bytes]) -> bytes:
    """Return `headers`, each as JSON, as one gzip of a DICOM JSON array, in their order."""
    pressed = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    parts = [pressed.compress(b"[")]
    for place, header in enumerate(headers):
        parts += [pressed.compress(b"," if place else b""), pressed.compress(header)]
    parts += [pressed.compress(b"]"), pressed.flush()]
    return b"".join(parts)
