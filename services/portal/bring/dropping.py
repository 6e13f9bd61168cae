"""A disc that is whole goes into the drop, as a hospital's would: ingest does the rest."""

from collections.abc import Sequence
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import BinaryIO, cast
from uuid import UUID

from services.portal.bring.rules import pieces
from services.portal.bring.uploads import BUCKET, key
from shared.db import Database, Row
from shared.errors import EdgeDown
from shared.storage import Storage

# Who dies over it lets another go on after this.
CLAIM = """
    UPDATE access.upload SET leased_until = clock_timestamp() + interval '10 minutes'
    WHERE upload = (SELECT upload FROM access.upload
        WHERE state = 'whole' AND coalesce(leased_until < clock_timestamp(), true)
        ORDER BY seen_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING upload, access.brought_site(person) AS site
"""
FILES = "SELECT number, size FROM access.upload_file WHERE upload = %s ORDER BY number LIMIT 100"
DONE = "DELETE FROM access.upload_file WHERE upload = %s AND number = ANY (%s)"
EXTEND = """
    UPDATE access.upload SET leased_until = clock_timestamp() + interval '10 minutes'
    WHERE upload = %s
"""
DROPPED = """
    UPDATE access.upload SET state = 'dropped', dropped_at = clock_timestamp()
    WHERE upload = %s AND NOT EXISTS (
        SELECT FROM access.upload_file AS f WHERE f.upload = upload.upload)
"""


def drop(database: Database, storage: Storage) -> bool:
    """Drop one disc that is whole; False where there is none.

    Dropping a file twice is harmless: ingest goes by its content.
    """
    with database.transaction() as connection:
        row = connection.execute(CLAIM).fetchone()
    if row is None:
        return False
    upload: UUID = row["upload"]
    while True:
        with database.transaction() as connection:
            files = connection.execute(FILES, (upload,)).fetchall()
            connection.execute(EXTEND, (upload,))
        if not files:
            break
        for file in files:
            carry(storage, row["site"], upload, file)
        with database.transaction() as connection:
            connection.execute(DONE, (upload, [file["number"] for file in files]))
        for file in files:
            for at, _ in pieces(file["size"]):
                storage.remove(BUCKET, key(upload, file["number"], at))
    with database.transaction() as connection:
        connection.execute(DROPPED, (upload,))
    return True


def carry(storage: Storage, site: str, upload: UUID, file: Row) -> None:
    """Put one file into the drop.

    Raises:
        EdgeDown: a piece of it is not where it was put.

    """
    target = f"{site}/{upload}/{file['number']:06}"
    keys = [key(upload, file["number"], at) for at, _ in pieces(file["size"])]
    if len(keys) > 1:
        storage.put("drop", target, cast("BinaryIO", Joined(storage, keys, file["size"])))
        return
    found = storage.look(BUCKET, keys[0])
    if found is None or found.size != file["size"]:
        edge = "s3"
        raise EdgeDown(edge)
    storage.copy(found, "drop", target)


class Joined(RawIOBase):
    """The pieces of a file, of the same length but for the last, as the file; one is in memory."""

    def __init__(self, storage: Storage, keys: Sequence[str], size: int) -> None:
        """Stand at the beginning of `size` bytes that lie under `keys`."""
        self._storage, self._keys, self._size = storage, keys, size
        self._starts = [at for at, _ in pieces(size)]
        self._lengths = [length for _, length in pieces(size)]
        self._at, self._held, self._piece = 0, -1, b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where it stands."""
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Stand elsewhere."""
        self._at = offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes; fewer at the end only."""
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        found = bytearray()
        while len(found) < wanted:
            number = self._at // self._lengths[0]
            inside = self._at - self._starts[number]
            part = self._content(number)[inside : inside + wanted - len(found)]
            found += part
            self._at += len(part)
        return bytes(found)

    def _content(self, number: int) -> bytes:
        if number != self._held:
            length = self._lengths[number]
            try:
                piece = self._storage.read(BUCKET, self._keys[number], 0, length)
            except FileNotFoundError:
                piece = b""
            if len(piece) != length:
                edge = "s3"
                raise EdgeDown(edge)
            self._held, self._piece = number, piece
        return self._piece
