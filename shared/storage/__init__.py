"""The object store, as the services see it. Only `s3.py` here knows the `minio` client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

from shared.events import StoredObject


@dataclass(frozen=True, slots=True)
class Found:
    """One version of one object, as a listing or a look tells it. `size` in bytes."""

    bucket: str
    key: str
    version: str | None  # None in buckets without versioning
    size: int
    etag: str
    modified_at: datetime
    metadata: tuple[tuple[str, str], ...] = ()  # user metadata, only from `look`


class Level(NamedTuple):
    """One folder: every version of every object in it, and the folders in it, `<prefix><name>/`.

    A folder may be told of that has nothing in it any more.
    """

    objects: list[Found]
    folders: list[str]


class Changed(Exception):
    """The source of a copy is not (or no longer) the object that was read."""


class Storage(Protocol):
    """Objects by bucket and key. Every call raises `EdgeDown("s3")` when S3 does not answer."""

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        """Return the object as a seekable file: in memory up to 8 MiB, spooled to disk above.

        Raises:
            FileNotFoundError: there is no such key or version.

        """

    def read(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; fewer at the end, none past it.

        Raises:
            FileNotFoundError: there is no such key.

        """

    def look(self, bucket: str, key: str) -> Found | None:
        """Return what is known of the newest version, or None."""

    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BinaryIO,
        content_type: str = "application/octet-stream",
        metadata: dict[str, str] | None = None,
    ) -> StoredObject:
        """Store `body` (a file is read from where it stands to its end), and say where.

        When this returns, it is safe. Again is harmless.
        """

    def copy(self, source: Found, bucket: str, key: str) -> None:
        """Copy within the store, without moving bytes through us; again is harmless.

        Raises:
            FileNotFoundError: the source is gone.
            Changed: the source has another ETag than `source` says.

        """

    def list(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[Found]:
        """Yield every version of every object under `prefix`, without delete markers.

        In the order of the keys' bytes; with `after` only of keys that come later than it.
        """

    def level(self, bucket: str, prefix: str = "") -> Level:
        """Return what lies right under `prefix`, which ends a folder's name."""

    def remove(self, bucket: str, key: str, version: str | None = None) -> None:
        """Remove one version (for good), or the object; one that is gone is no error."""
