"""The metadata object of a series: what viewers read first. Pure."""

import zlib
from collections.abc import Iterable

GZIP = 31  # wbits of zlib for a gzip stream; its time stamp is 0, so equal input is equal bytes
LEVEL = 6


def packed(header_json: bytes) -> bytes:
    """Return an instance's header as it is kept in its row."""
    return zlib.compress(header_json, LEVEL)


def unpacked(header: bytes) -> bytes:
    """Return what was packed."""
    return zlib.decompress(header)


def series_metadata(headers: Iterable[bytes]) -> bytes:
    """Return packed `headers` as one gzip of a DICOM JSON array (PS3.18 §F.2), in their order."""
    pressed = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    parts = [pressed.compress(b"[")]
    for place, header in enumerate(headers):
        parts += [pressed.compress(b"," if place else b""), pressed.compress(unpacked(header))]
    parts += [pressed.compress(b"]"), pressed.flush()]
    return b"".join(parts)
