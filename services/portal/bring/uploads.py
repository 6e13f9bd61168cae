"""Discs on their way: begun, gone on with after a cut, whole, or ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from uuid import UUID

from services.portal.bring.rules import MOST_OPEN, refusal
from services.portal.reading import Visible
from services.portal.signin import entries
from services.portal.signin.entries import Actor
from shared.access import Because, Decision, Reader, Rights, may_bring
from shared.db import Connection, Database, Row
from shared.storage import Storage

BUCKET = "bring"
DAYS = timedelta(days=7)  # that one can be gone on with
AT_ONCE = 1000  # pieces that are asked about in one question

# For whom somebody may bring is decided by `may_bring`; who has no hospital's record is nobody yet.
WHOSE = """
    SELECT p.person, p.name, h.rights FROM access.person AS p
    LEFT JOIN access.helper AS h ON h.patient = p.person AND h.person = %(me)s
        AND h.joined_at IS NOT NULL AND h.ended_at IS NULL
    WHERE (p.person = %(me)s OR h.helper IS NOT NULL) AND EXISTS (
        SELECT FROM access.claim AS c WHERE c.person = p.person AND c.ended_at IS NULL
            AND left(c.site, 8) <> 'brought-')
    ORDER BY p.person <> %(me)s, p.name, p.person
"""
LOCK = "SELECT FROM access.person WHERE person = %s FOR UPDATE"
USED = """
    SELECT coalesce(sum(size), 0)::bigint AS used, count(*) FILTER (WHERE state = 'open') AS open
    FROM access.upload WHERE person = %s AND state <> 'ended'
"""
KNOWN = """
    SELECT * FROM access.upload
    WHERE person = %s AND actor = %s AND fingerprint = %s AND files = %s AND size = %s
        AND state = 'open'
"""
BEGIN = """
    INSERT INTO access.upload (person, actor, session, because, fingerprint, files, size)
    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING *
"""
FILE = "INSERT INTO access.upload_file (upload, number, size) VALUES (%s, %s, %s)"
LOOK = "SELECT * FROM access.upload WHERE upload = %s AND actor = %s"
HOLD = LOOK + " AND state = 'open' FOR UPDATE"
RECEIVED = "SELECT received FROM access.upload_file WHERE upload = %s ORDER BY number"
OF_FILE = "SELECT size, received FROM access.upload_file WHERE upload = %s AND number = %s"
ADD = """
    UPDATE access.upload_file SET received = received + %s
    WHERE upload = %s AND number = %s AND received = %s
"""
SEEN = """
    UPDATE access.upload AS u SET seen_at = clock_timestamp(), state = CASE WHEN EXISTS (
        SELECT FROM access.upload_file AS f WHERE f.upload = u.upload AND f.received < f.size
    ) THEN 'open' ELSE 'whole' END
    WHERE upload = %s RETURNING state
"""
END = """
    UPDATE access.upload SET state = 'ended' WHERE upload = %s AND actor = %s AND state = 'open'
"""
EXPIRE = "UPDATE access.upload SET state = 'ended' WHERE state = 'open' AND seen_at < now() - %s"
WANTED = """
    SELECT upload::text FROM access.upload WHERE upload::text = ANY (%s)
        AND state IN ('open', 'whole')
"""
LISTED = """
    SELECT upload, person, actor, files, size, state, opened_at FROM access.upload
    WHERE (person = %(me)s OR actor = %(me)s) AND state <> 'ended'
    ORDER BY opened_at DESC LIMIT 20
"""


class Refused(StrEnum):
    """Why a disc is not taken."""

    NOTHING = "nothing"
    TOO_MANY = "too-many"  # files
    TOO_MUCH = "too-much"  # more bytes than there is room for
    TOO_OFTEN = "too-often"  # several are on their way


@dataclass(frozen=True, slots=True)
class Disc:
    """What somebody may bring: for whom and why, what tells it apart, its files' sizes in bytes."""

    person: UUID
    because: Because
    fingerprint: bytes
    sizes: Sequence[int]


def whose(connection: Connection, who: Actor) -> dict[UUID, tuple[Row, Decision]]:
    """Return for whom `who` may bring, by person, and why."""
    reader = Reader(person=who.person, session=who.session)
    found = {}
    for row in connection.execute(WHOSE, {"me": who.person}).fetchall():
        rights = Rights(row["rights"]) if row["rights"] else None
        decision = may_bring(reader, row["person"], rights)
        if decision.allowed:
            found[row["person"]] = (row, decision)
    return found


def people(visible: Visible) -> list[UUID]:
    """Return for whom a reader of lists may bring."""
    person, session = visible.reader.person, visible.reader.session
    if person is None or session is None:
        return []
    return list(whose(visible.connection, Actor(person, session)))


def room(connection: Connection, person: UUID, most: int) -> int:
    """Return how many bytes more of `most` may be brought for a person."""
    (row,) = connection.execute(USED, (person,)).fetchall()
    return max(0, most - int(row["used"]))


def begin(connection: Connection, who: Actor, disc: Disc, most: int) -> Row | Refused:
    """Return a new upload, or the one of the same disc that was cut; or why there is none."""
    person = disc.person
    connection.execute(LOCK, (person,))
    told = (person, who.person, disc.fingerprint, len(disc.sizes), sum(disc.sizes))
    if (known := connection.execute(KNOWN, told).fetchone()) is not None:
        return known
    if (why := refusal(disc.sizes, room(connection, person, most))) is not None:
        return Refused(why)
    (used,) = connection.execute(USED, (person,)).fetchall()
    if used["open"] >= MOST_OPEN:
        return Refused.TOO_OFTEN
    whom = (person, who.person, who.session, disc.because.value)
    (row,) = connection.execute(BEGIN, (*whom, disc.fingerprint, *told[3:])).fetchall()
    rows = [(row["upload"], number, size) for number, size in enumerate(disc.sizes)]
    with connection.cursor() as cursor:
        cursor.executemany(FILE, rows)
    return row


def look(connection: Connection, who: Actor, upload: UUID) -> Row | None:
    """Return an upload of who asks, while they may bring for that person."""
    row = connection.execute(LOOK, (upload, who.person)).fetchone()
    return row if row is not None and row["person"] in whose(connection, who) else None


def received(connection: Connection, upload: UUID) -> list[int]:
    """Return of each file how many bytes are safe."""
    return [row["received"] for row in connection.execute(RECEIVED, (upload,))]


def of_file(connection: Connection, upload: UUID, number: int) -> Row | None:
    """Return the size of one file, and how much of it is safe."""
    return connection.execute(OF_FILE, (upload, number)).fetchone()


def key(upload: UUID, number: int, at: int) -> str:
    """Return where a piece lies; the same again is the same place."""
    return f"{upload}/{number:06}/{at:012}"


def add(
    connection: Connection, who: Actor, upload: UUID, number: int, piece: tuple[int, int]
) -> bool:
    """Count a piece (begin, length) that is safe; False where the upload is not open any more.

    With the last one the disc is whole, and the patient's log says who brought it.
    """
    row = connection.execute(HOLD, (upload, who.person)).fetchone()
    if row is None:
        return False
    at, length = piece
    connection.execute(ADD, (length, upload, number, at))
    (now,) = connection.execute(SEEN, (upload,)).fetchall()
    if now["state"] == "whole":
        because = Because(row["because"])
        entries.write_all(connection, row["person"], who, "brought", because)
    return True


def end(connection: Connection, who: Actor, upload: UUID) -> None:
    """Give up an upload that is not whole."""
    connection.execute(END, (upload, who.person))


def listed(connection: Connection, who: Actor) -> list[Row]:
    """Return what was brought for who asks, or by them."""
    return connection.execute(LISTED, {"me": who.person}).fetchall()


def forget(database: Database, storage: Storage) -> None:
    """End what nobody goes on with, and remove pieces that nobody waits for."""
    with database.transaction() as connection:
        connection.execute(EXPIRE, (DAYS,))
    listed = iter(storage.list(BUCKET))
    while found := list(islice(listed, AT_ONCE)):
        names = sorted({of(each.key) for each in found})
        with database.transaction() as connection:
            rows = connection.execute(WANTED, (names,)).fetchall()
        wanted = {row["upload"] for row in rows}
        for each in found:
            if of(each.key) not in wanted:
                storage.remove(BUCKET, each.key)


def of(key: str) -> str:
    """Return which upload a piece is of."""
    return key.partition("/")[0]
