"""The digests of a content, taken in one pass."""

from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO
from zlib import crc32

CHUNK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Content:
    """Which bytes: `size` in bytes."""

    sha256: str
    crc32: int
    size: int


def content_of(file: BinaryIO) -> Content:
    """Read `file` from its beginning to its end."""
    digest, check, size = sha256(), 0, 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        check = crc32(chunk, check)
        size += len(chunk)
    return Content(digest.hexdigest(), check, size)
