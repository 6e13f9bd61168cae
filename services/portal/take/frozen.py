"""A take as it was frozen: its shape, and the members that lie in a range."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.portal.take import packing
from services.portal.take.contents import Frozen
from services.portal.take.packing import Part, Placed, Shape
from shared.db import Connection, Database, Row

AT_ONCE = 500  # members that are in memory

TAKE = "SELECT * FROM access.take WHERE take = %s AND ends_at > clock_timestamp()"
STUDIES = "SELECT site, study_uid FROM access.take_study WHERE take = %s ORDER BY site, study_uid"
MEMBERS = """
    SELECT place, path, size, crc32, sha256, key, bucket, at, ends, entry, entry_ends
    FROM access.take_member
    WHERE take = %s AND ends > %s AND at < %s AND place > %s ORDER BY place LIMIT %s
"""
ENTRIES = """
    SELECT place, path, size, crc32, sha256, key, bucket, at, ends, entry, entry_ends
    FROM access.take_member
    WHERE take = %s AND entry_ends > %s AND entry < %s AND place > %s ORDER BY place LIMIT %s
"""
CONTENT = "SELECT content FROM access.take_member WHERE take = %s AND place = %s"


@dataclass(frozen=True, slots=True)
class Take:
    """What is known of one take; its studies are (site, UID)."""

    take: UUID
    person: UUID
    ends_at: datetime
    files: int
    digest: str
    shape: Shape
    studies: tuple[tuple[str, str], ...]


def look(connection: Connection, take: UUID) -> Take | None:
    """Return a take that has not ended; whose it is, the caller asks."""
    row = connection.execute(TAKE, (take,)).fetchone()
    if row is None:
        return None
    studies = connection.execute(STUDIES, (take,)).fetchall()
    return Take(
        take=take,
        person=row["person"],
        ends_at=row["ends_at"],
        files=row["files"],
        digest=row["digest"],
        shape=Shape(row["members"], row["directory_at"], row["directory_size"], row["created_at"]),
        studies=tuple((each["site"], each["study_uid"]) for each in studies),
    )


def parts(database: Database, take: Take, start: int, stop: int) -> Iterator[Part]:
    """Yield what lies from `start` up to `stop`; only members that do are asked for."""
    behind = take.shape.directory_at
    members = rows(database, MEMBERS, take.take, start, stop)
    entries = rows(database, ENTRIES, take.take, start - behind, stop - behind)
    return packing.cut(members, entries, take.shape, start, stop)


def rows(database: Database, query: str, take: UUID, start: int, stop: int) -> Iterator[Placed]:
    """Yield the members that `query` finds, a few hundred at a time."""
    last = -1
    while True:
        with database.transaction() as connection:
            asked = (take, start, stop, last, AT_ONCE)
            found = connection.execute(query.encode(), asked).fetchall()
        yield from map(placed, found)
        if len(found) < AT_ONCE:
            return
        last = found[-1]["place"]


def placed(row: Row) -> Placed:
    """Return a row as a member in its place."""
    member = Frozen(*(row[name] for name in ("path", "size", "crc32", "sha256", "key", "bucket")))
    where = ("place", "at", "ends", "entry", "entry_ends")
    return Placed(member, *(row[name] for name in where))


def content(database: Database, take: UUID, place: int) -> bytes:
    """Return the bytes of a member that was made here."""
    with database.transaction() as connection:
        (row,) = connection.execute(CONTENT, (take, place)).fetchall()
    return bytes(row["content"])
