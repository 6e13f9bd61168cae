"""Any S3 server, through the `minio` client: the only module that knows it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from hashlib import sha256
from io import BytesIO
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import structlog
import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import InvalidResponseError, S3Error, ServerError

from shared import metrics
from shared.errors import EdgeDown
from shared.events import StoredObject
from shared.storage import Changed, Found, Level
from shared.storage.short import Short

if TYPE_CHECKING:
    from datetime import datetime

    from minio.datatypes import Object

log = structlog.get_logger()

IN_MEMORY = 8 << 20  # bytes of an open object before it goes to disk
PAGE = 1000  # objects that S3 lists at a time
PART = 16 << 20  # bytes of one part of a multipart upload: what a `put` holds in memory
CHUNK = 1 << 18  # bytes moved at a time
CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
LARGE = 256 << 20  # bytes; some stores say nothing until a copy of them is done
COPY_SECONDS = 600.0  # for one of 4 GiB on a slow disk, and less than a handler may take
GONE = {"NoSuchKey", "NoSuchVersion"}
USER_METADATA = "x-amz-meta-"
DOWN = (
    *(InvalidResponseError, ServerError, urllib3.exceptions.HTTPError),
    *(ConnectionError, TimeoutError),
)


class S3:
    """Objects by bucket and key on one S3 server; safe to use from many threads."""

    def __init__(
        self, endpoint: str, access_key: str, secret_key: str, region: str, pool: int = 16
    ) -> None:
        """Connect to nothing yet; `endpoint` is `http://host:port`, `pool` is connections kept."""
        url = urlsplit(endpoint)

        def connections(read: float, again: int) -> urllib3.PoolManager:
            return urllib3.PoolManager(
                maxsize=pool,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read),
                # A kept connection may have been closed by the server: once more on a new
                # one. Everything else is for the consumer to judge.
                retries=urllib3.Retry(total=again, redirect=0, status=0, other=0),
            )

        def connected(by: urllib3.PoolManager) -> Minio:
            return Minio(
                url.netloc,
                access_key,
                secret_key,
                secure=url.scheme == "https",
                region=region,  # given, so that the client never asks for the bucket's location
                http_client=by,
            )

        self.client = connected(connections(READ_SECONDS, 1))
        seconds = (CONNECT_SECONDS, READ_SECONDS)
        self._short = Short(endpoint, (access_key, secret_key), region, seconds, pool)
        self._patient = connected(connections(COPY_SECONDS, 0))  # again would be beside the first

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        """Return the object as a seekable file: in memory up to 8 MiB, spooled to disk above."""
        with translated("get"):
            response = self.client.get_object(bucket, key, version_id=version)
            try:
                return spooled(response.stream(CHUNK))
            finally:
                response.close()
                response.release_conn()

    def read(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; fewer at the end, none past it."""
        if length < 1:
            return b""  # `get_object` takes 0 for "all"
        with translated("get_range"):
            found = self._short.read(bucket, key, offset, length)
            if found is not None:
                return found
            try:
                response = self.client.get_object(bucket, key, offset=offset, length=length)
            except S3Error as error:
                if error.code == "InvalidRange":
                    return b""
                raise
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def look(self, bucket: str, key: str) -> Found | None:
        """Return what is known of the newest version, or None."""
        try:
            with translated("head"):
                return found(bucket, self.client.stat_object(bucket, key))
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
        """Store `body`, digested while it is read; above 16 MiB in parts, one in memory."""
        source = Digested(BytesIO(body) if isinstance(body, bytes) else body)
        with translated("put"):
            self.client.put_object(
                bucket,
                key,
                cast("BinaryIO", source),  # the client only ever reads
                source.size,
                content_type=content_type,
                metadata=dict(metadata) if metadata else None,
                part_size=PART,
                num_parallel_uploads=1,
            )
        return StoredObject(bucket=bucket, key=key, size=source.size, sha256=source.hexdigest())

    def copy(self, source: Found, bucket: str, key: str) -> None:
        """Copy within the store; the client's HEAD before it cannot be avoided by its API."""
        origin = CopySource(
            source.bucket, source.key, version_id=source.version, match_etag=source.etag
        )
        client = self._patient if source.size >= LARGE else self.client
        with translated("copy", requests=2):
            client.copy_object(bucket, key, origin)

    def list(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[Found]:
        """Yield every version of every object under `prefix`, without delete markers."""
        pages = iter(
            self.client.list_objects(
                bucket, prefix=prefix, recursive=True, start_after=after, include_version=True
            )
        )
        for each in listed(pages):
            if not each.is_delete_marker:
                yield found(bucket, each)

    def level(self, bucket: str, prefix: str = "") -> Level:
        """Return what lies right under `prefix`, and the folders there."""
        level = Level([], [])
        for each in listed(iter(self.client.list_objects(bucket, prefix, include_version=True))):
            if each.is_dir:
                level.folders.append(cast("str", each.object_name))
            elif not each.is_delete_marker:
                level.objects.append(found(bucket, each))
        return level

    def remove(self, bucket: str, key: str, version: str | None = None) -> None:
        """Remove one version (for good), or the object; one that is gone is no error."""
        try:
            with translated("delete"):
                self.client.remove_object(bucket, key, version_id=version)
        except FileNotFoundError:
            return


class Digested:
    """A file that is digested while it is read; `size` is what lies ahead, in bytes."""

    def __init__(self, file: BinaryIO) -> None:
        """Measure from where `file` stands to its end."""
        self.file, self.digest = file, sha256()
        here = file.tell()
        self.size = file.seek(0, SEEK_END) - here
        file.seek(here)

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self.file.read(size)
        self.digest.update(data)
        return data

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was read."""
        return self.digest.hexdigest()


def listed(pages: "Iterator[Object]") -> "Iterator[Object]":
    """Yield what the client lists; it asks for a page when the one before is used up."""
    for count in itertools.count():
        with translated("list", requests=1 if count % PAGE == 0 else 0):
            each = next(pages, None)
        if each is None:
            return
        yield each


def spooled(chunks: Iterator[bytes]) -> BinaryIO:
    """Return `chunks` as one file that stands at its beginning."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller closes it
    try:
        for chunk in chunks:
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return cast("BinaryIO", file)


def found(bucket: str, each: "Object") -> Found:
    """Return the client's object as ours; an unversioned one is called `null` by S3."""
    version = each.version_id if each.version_id not in (None, "", "null") else None
    return Found(
        bucket=bucket,
        key=cast("str", each.object_name),  # of all but buckets
        version=version,
        size=each.size or 0,
        etag=(each.etag or "").strip('"'),
        modified_at=cast("datetime", each.last_modified),
        metadata=tuple(
            (name.lower().removeprefix(USER_METADATA), value)
            for name, value in (each.metadata or {}).items()
            if name.lower().startswith(USER_METADATA)
        ),
    )


@contextmanager
def translated(operation: str, requests: int = 1) -> Iterator[None]:
    """Count the requests, and turn the driver's errors into ours; what is unknown passes.

    Raises:
        FileNotFoundError: no such key or version.
        Changed: a precondition did not hold.
        EdgeDown: no answer, or one that says nothing about the object (`s3`); no room (`disk`).

    """
    metrics.S3_REQUESTS.labels(operation=operation).inc(requests)
    try:
        yield
    except S3Error as error:
        if error.code in GONE:
            raise FileNotFoundError from None  # keys bear names: never in a text
        if error.code == "PreconditionFailed":
            raise Changed from None
        # No permission, a wrong secret, no bucket, a clock that is off: the deployment's fault,
        # and never the message's.
        log.error("s3_refused", code=error.code)
        edge = "s3"
        raise EdgeDown(edge) from None
    except DOWN as error:
        log.warning("s3_down", error=type(error).__name__)
        edge = "s3"
        raise EdgeDown(edge) from None
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            edge = "disk"
            raise EdgeDown(edge) from None
        raise
