"""Bring files into the drop: what to send, under which key, and whether it arrived whole."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import md5, sha256
from pathlib import Path
from threading import Event
from typing import BinaryIO

from services.ops.journal import Journal, Uploaded
from shared.errors import EdgeDown
from shared.storage import Storage

BUCKET = "drop"
CHUNK = 1 << 20  # bytes
LONGEST_KEY = 1024  # bytes of UTF-8, S3's limit
TRIES = 4
PAUSE = 0.5  # seconds before the second try, doubled for each further one
MD5_HEX = 32


class NotWhole(Exception):
    """What the store holds is not what was sent, or the file changed while it was read."""


@dataclass(frozen=True)
class Source:
    """One local file and the key it gets; `size` in bytes."""

    path: Path
    key: str
    size: int
    modified_ns: int


def sources(path: Path, prefix: str) -> tuple[list[Source], list[Path]]:
    """Return the files under `path` in order with their keys, and what is passed over.

    Symbolic links are never followed: one could lead out of what the operator meant to send.
    Also passed over are sockets and pipes, and files whose key would be too long for S3.
    """
    taken, passed_over = [], []
    for each in files(path):
        relative = each.relative_to(path) if each != path else Path(each.name)
        key = prefix + spelled(relative)
        if each.is_symlink() or not each.is_file() or len(key.encode()) > LONGEST_KEY:
            passed_over.append(each)
            continue
        stat = each.stat()
        taken.append(Source(each, key, stat.st_size, stat.st_mtime_ns))
    return taken, passed_over


def files(path: Path) -> Iterator[Path]:
    """Yield `path` itself where it is no folder, else all within it that is no folder."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in sorted([*names, *links]))


def spelled(path: Path) -> str:
    """Return a path as an S3 key: UTF-8, and bytes of another encoding as backslash, x, hex."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def prefix(site: str, *, backfill: bool) -> str:
    """Return where the files of a site go; the backfill lane has its own folder."""
    return f"{site}/backfill/" if backfill else f"{site}/"


def send(source: Source, storage: Storage, journal: Journal, stop: Event) -> Uploaded:
    """Upload one file, verify it, and note it; a store that is down is tried a few times.

    Raises:
        EdgeDown: it stays down.
        NotWhole: it came out different, twice.
        OSError: the local file cannot be read.

    """
    pause = PAUSE
    for left in reversed(range(TRIES)):
        try:
            uploaded = once(source, storage)
        except (EdgeDown, NotWhole):
            if not left or stop.wait(pause):
                raise
            pause *= 2
        else:
            journal.add(uploaded)
            return uploaded
    raise AssertionError  # the last try has returned or raised


def once(source: Source, storage: Storage) -> Uploaded:
    """Upload one file and compare what the store says of it with what was read here."""
    with source.path.open("rb") as file:
        digest, etag = digests(file)
        file.seek(0)
        stored = storage.put(BUCKET, source.key, file)
    if stored.sha256 != digest:
        raise NotWhole
    found = storage.look(BUCKET, source.key)
    # None: ingest was faster than we are, and has taken the object into its custody.
    if found is not None and (found.size != stored.size or not plausible(found.etag, etag)):
        raise NotWhole
    return Uploaded(source.key, stored.size, source.modified_ns, digest)


def digests(file: BinaryIO) -> tuple[str, str]:
    """Return SHA-256 and MD5 of a file, in hex; MD5 only because S3 speaks it."""
    strong, etag = sha256(), md5(usedforsecurity=False)
    while chunk := file.read(CHUNK):
        strong.update(chunk)
        etag.update(chunk)
    return strong.hexdigest(), etag.hexdigest()


def plausible(etag: str, md5_hex: str) -> bool:
    """Say whether `etag` agrees; after a multipart upload (or encryption) it is no MD5."""
    bare = etag.strip('"').lower()
    return len(bare) != MD5_HEX or bare == md5_hex


def key_digest(key: str) -> str:
    """Return how receipts name a drop key."""
    return sha256(key.encode()).hexdigest()


def split(found: Iterable[Source], journal: Journal) -> tuple[list[Source], list[Uploaded]]:
    """Return what is still to send, and what the journal says has arrived already."""
    todo, done = [], []
    for source in found:
        known = journal.has(source.key, source.size, source.modified_ns)
        if known:
            done.append(known)
        else:
            todo.append(source)
    return todo, done
