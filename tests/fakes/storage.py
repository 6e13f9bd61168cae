"""An object store in a dict, with versions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5, sha256
from io import BytesIO
from typing import BinaryIO

from shared.errors import EdgeDown
from shared.events import StoredObject
from shared.storage import Changed, Found, Level


@dataclass(frozen=True)
class Version:
    """One content that was put under a key."""

    version: str | None
    body: bytes
    metadata: tuple[tuple[str, str], ...] = ()
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def etag(self) -> str:
        """Return what S3 calls the ETag of a single upload."""
        return md5(self.body, usedforsecurity=False).hexdigest()


class MemoryStorage:
    """Buckets that are one dict; those in `versioned` keep what was put before."""

    def __init__(self, versioned: frozenset[str] = frozenset({"drop"})) -> None:
        """Start empty."""
        self.versioned = versioned
        self.objects: dict[tuple[str, str], list[Version]] = {}
        self.count = 0
        self.down = False  # set it, and every call says that S3 does not answer

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        """Return the object as a seekable file."""
        return BytesIO(self._version(bucket, key, version).body)

    def read(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        return self._version(bucket, key).body[offset : offset + length]

    def look(self, bucket: str, key: str) -> Found | None:
        """Return what is known of the newest version, or None."""
        try:
            return self._found(bucket, key, self._version(bucket, key))
        except FileNotFoundError:
            return None

    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BinaryIO,
        content_type: str = "application/octet-stream",
        metadata: dict[str, str] | None = None,
    ) -> StoredObject:
        """Store `body`, and say where."""
        del content_type
        content = body if isinstance(body, bytes) else body.read()
        self._add(bucket, key, content, tuple((metadata or {}).items()))
        digest = sha256(content).hexdigest()
        return StoredObject(bucket=bucket, key=key, size=len(content), sha256=digest)

    def copy(self, source: Found, bucket: str, key: str) -> None:
        """Copy the very version that `source` names."""
        version = self._version(source.bucket, source.key, source.version)
        if version.etag != source.etag:
            raise Changed
        self._add(bucket, key, version.body, version.metadata)

    def list(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[Found]:
        """Yield every version of every object under `prefix`."""
        self._answer()
        for (where, key), versions in sorted(self.objects.items()):
            if where == bucket and key.startswith(prefix) and key > after:
                yield from (self._found(bucket, key, each, look=False) for each in versions)

    def level(self, bucket: str, prefix: str = "") -> Level:
        """Return what lies right under `prefix`, and the folders there."""
        objects, folders = [], []
        for each in self.list(bucket, prefix):
            name, slash, _ = each.key.removeprefix(prefix).partition("/")
            if slash:
                folders.append(f"{prefix}{name}/")
            else:
                objects.append(each)
        return Level(objects, [*dict.fromkeys(folders)])

    def remove(self, bucket: str, key: str, version: str | None = None) -> None:
        """Remove one version, or the object."""
        self._answer()
        kept = [
            each
            for each in self.objects.get((bucket, key), [])
            if version is not None and each.version != version
        ]
        if kept:
            self.objects[bucket, key] = kept
        else:
            self.objects.pop((bucket, key), None)

    def _add(
        self, bucket: str, key: str, body: bytes, metadata: tuple[tuple[str, str], ...]
    ) -> None:
        self._answer()
        self.count += 1
        if bucket in self.versioned:
            version = Version(f"v{self.count}", body, metadata)
            self.objects.setdefault((bucket, key), []).insert(0, version)
        else:
            self.objects[bucket, key] = [Version(None, body, metadata)]

    def _version(self, bucket: str, key: str, version: str | None = None) -> Version:
        self._answer()
        for each in self.objects.get((bucket, key), []):
            if version in (None, each.version):
                return each
        raise FileNotFoundError

    def _answer(self) -> None:
        if self.down:
            edge = "s3"
            raise EdgeDown(edge)

    @staticmethod
    def _found(bucket: str, key: str, version: Version, *, look: bool = True) -> Found:
        return Found(
            bucket=bucket,
            key=key,
            version=version.version,
            size=len(version.body),
            etag=version.etag,
            modified_at=version.modified_at,
            metadata=version.metadata if look else (),
        )
