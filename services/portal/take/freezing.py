"""A take is frozen: which files, in which order, where each begins; all further reads use that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from services.portal.fhir import taken
from services.portal.pages.listing import Scan
from services.portal.reading import Opened
from services.portal.take import beside, contents, packing, turning
from services.portal.take.beside import Made
from services.portal.take.contents import Frozen
from services.portal.take.directory import File, dicomdir
from shared.access import Because
from shared.db import Connection, Database
from shared.wording import Wording

DAYS = timedelta(days=7)  # that a take can be fetched, and gone on with

BEGIN = """
    INSERT INTO access.take (person, session, language, ends_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s) RETURNING take
"""
STUDY = "INSERT INTO access.take_study VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
MEMBER = """
    INSERT INTO access.take_member (take, place, path, size, crc32, sha256, key, bucket, content,
        at, ends, entry, entry_ends)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
END = """
    UPDATE access.take SET members = %s, files = %s, directory_at = %s, directory_size = %s,
        digest = %s
    WHERE take = %s
"""
FORGET = """
    DELETE FROM access.take WHERE take IN (
        SELECT take FROM access.take WHERE ends_at < clock_timestamp() LIMIT 20)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to take: studies as pages show them, and how many they must wait for."""

    scans: Sequence[Scan]
    waiting: int
    older: bool = False  # for older software

    @property
    def studies(self) -> list[tuple[str, str]]:
        """Return site and UID of each."""
        return [(scan.site, scan.study_uid) for scan in self.scans]


def freeze(
    opened: Sequence[Opened],
    wanted: Wanted,
    wording: Wording,
    portal: str,
    viewer: Sequence[Made] = (),
) -> UUID:
    """Return a new take of `wanted`, in the transaction in which all of it was allowed.

    `portal` is its public address; `viewer` is the page that opens from a disc, with its pictures.
    """
    connection, reader = opened[0].connection, opened[0].reader
    told = (reader.person, reader.session, wording.language, DAYS)
    ((take,),) = (row.values() for row in connection.execute(BEGIN, told))
    originals: list[Frozen] = []
    if wanted.older:
        turning.used(connection, wanted.studies)
    directory = dicomdir(listed(connection, wanted, originals), f"2.25.{take.int}")
    records = {each.record for each in opened if each.decision.because is Because.OWN}
    log = beside.access_log(connection, sorted(records))
    said = beside.answers(connection, wanted.studies, wording)
    there = {"log": log, "viewer": viewer, "older": wanted.older, "answers": said}
    holds = [name for name, found in there.items() if found]
    made = [
        beside.readme(wording, wanted.scans, wanted.waiting, holds),
        *viewer,
        Made("DICOMDIR", directory),
        Made("fhir.json", taken.bundle(opened, wanted.studies, portal)),
        *said,
        *log,
    ]
    files = [*(each.member for each in made), *originals]
    digests = beside.sums(files)
    with connection.cursor() as cursor:
        cursor.executemany(STUDY, [(take, *study) for study in wanted.studies])
    written = {each.path: each.content for each in (*made, digests)}
    write(connection, take, [digests.member, *files], written)
    frozen: UUID = take
    return frozen


def listed(connection: Connection, wanted: Wanted, originals: list[Frozen]) -> Iterator[File]:
    """Yield the files of what is wanted, each header once; its members are added to `originals`."""
    for member, file in contents.originals(connection, wanted.studies, older=wanted.older):
        originals.append(member)
        yield file


def write(
    connection: Connection, take: UUID, members: Sequence[Frozen], made: dict[str, bytes]
) -> None:
    """Write the members in their places, and what all of them are together."""
    digest = sha256()
    rows = []
    for placed in packing.place(members):
        member = members[placed.place]
        digest.update(f"{member.sha256}  {member.path}\n".encode())
        content = made.get(member.path) if member.key is None else None
        told = (member.path, member.size, member.crc32, member.sha256, member.key)
        where = (placed.at, placed.ends, placed.entry, placed.entry_ends)
        rows.append((take, placed.place, *told, member.bucket, content, *where))
    with connection.cursor() as cursor:
        cursor.executemany(MEMBER, rows)
    originals = sum(member.key is not None for member in members)
    whole = (len(rows), originals, placed.ends, placed.entry_ends, digest.hexdigest())
    connection.execute(END, (*whole, take))


def forget(database: Database) -> bool:
    """Remove takes that have ended; True where there may be more."""
    with database.transaction() as connection:
        return connection.execute(FORGET).rowcount > 0
