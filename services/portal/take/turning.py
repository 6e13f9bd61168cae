"""For older software: originals as Explicit VR Little Endian, made before the ZIP is asked for.

So its length is known, and a range is sent as of any other. What is turned is kept by its content.
"""

from datetime import timedelta
from uuid import UUID

from services.portal.dicomweb.instances import COLUMNS
from services.portal.dicomweb.pictures import Pictures
from services.portal.dicomweb.served import Served
from services.portal.take.contents import TURNED as BUCKET
from shared.db import Connection, Database, Row
from shared.dicom.coding import EXPLICIT_BIG, EXPLICIT_LITTLE
from shared.dicom.refusal import Unreadable
from shared.storage import Storage

DAYS = timedelta(days=7)  # that it can be asked how far it is
KEPT = timedelta(days=9)  # longer than a take that was frozen by it
AT_ONCE = 20

ASK = """
    INSERT INTO access.older (person, session, waiting, ends_at)
    VALUES (%s, %s, %s, clock_timestamp() + %s) RETURNING older
"""
STUDY = "INSERT INTO access.older_study VALUES (%s, %s, %s, %s)"
LOOK = """
    SELECT older, person, waiting FROM access.older
    WHERE older = %s AND ends_at > clock_timestamp()
"""
STUDIES = "SELECT site, study_uid FROM access.older_study WHERE older = %s ORDER BY place"
AMONG = f"""
    FROM access.older AS o JOIN access.older_study USING (older)
    JOIN catalogue.content AS c USING (site, study_uid)
    LEFT JOIN access.turned AS u USING (sha256)
    WHERE c.standing = 'presented' AND o.ends_at > clock_timestamp()
        AND c.transfer_syntax_uid <> '{EXPLICIT_LITTLE}'
"""
FAR = f"""
    SELECT count(DISTINCT c.sha256) AS files,
        count(DISTINCT c.sha256) FILTER (WHERE u.sha256 IS NOT NULL) AS done
    {AMONG} AND older = %s
"""
# Who asked first; each content once.
NEXT = f"""
    {COLUMNS} WHERE (c.site, c.sop_uid, c.sha256) IN (
        SELECT c.site, c.sop_uid, c.sha256 {AMONG} AND u.sha256 IS NULL
        ORDER BY o.asked_at, c.sha256 LIMIT %s)
"""
KEEP = """
    INSERT INTO access.turned (sha256, key, size, crc32, turned_sha256)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
USED = """
    UPDATE access.turned SET used_at = clock_timestamp() WHERE sha256 IN (
        SELECT c.sha256 FROM catalogue.content AS c
        JOIN unnest(%s::text[], %s::text[]) AS asked (site, study_uid) USING (site, study_uid))
"""
OVER = "DELETE FROM access.older WHERE ends_at < clock_timestamp()"
UNUSED = """
    DELETE FROM access.turned WHERE sha256 IN (
        SELECT sha256 FROM access.turned WHERE used_at < clock_timestamp() - %s LIMIT %s)
    RETURNING key
"""


def ask(
    connection: Connection,
    person: UUID | None,
    session: UUID | None,
    studies: list[tuple[str, str]],
    waiting: int,
) -> UUID:
    """Note that somebody wants `studies` turned, in the transaction in which that was allowed."""
    (row,) = connection.execute(ASK, (person, session, waiting, DAYS)).fetchall()
    rows = [(row["older"], place, *study) for place, study in enumerate(studies)]
    with connection.cursor() as cursor:
        cursor.executemany(STUDY, rows)
    found: UUID = row["older"]
    return found


def look(connection: Connection, older: UUID) -> Row | None:
    """Return what was asked for; whose it is, the caller asks."""
    row = connection.execute(LOOK, (older,)).fetchone()
    if row is None:
        return None
    studies = connection.execute(STUDIES, (older,)).fetchall()
    (far,) = connection.execute(FAR.encode(), (older,)).fetchall()
    return row | far | {"studies": [(each["site"], each["study_uid"]) for each in studies]}


def turn(database: Database, pictures: Pictures) -> bool:
    """Turn some files that somebody waits for, one at a time; True where there may be more.

    Two replicas may turn the same one: that is the same content under the same key.
    """
    with database.transaction() as connection:
        rows = connection.execute(NEXT.encode(), (AT_ONCE,)).fetchall()
    for row in {row["sha256"]: row for row in rows}.values():
        told = turned(pictures, row)
        with database.transaction() as connection:
            connection.execute(KEEP, (row["sha256"], *told))
    return len(rows) == AT_ONCE


def turned(pictures: Pictures, row: Row) -> tuple[str | None, int | None, int | None, str | None]:
    """Return key, size, CRC-32 and SHA-256 of a file that was turned; nothing where it cannot be.

    Raises:
        EdgeDown: it is not there, or is not what it was.

    """
    # Of big endian the fast copy has every value, turned.
    big = row["transfer_syntax_uid"] == EXPLICIT_BIG
    source = Served.of(row) if big else Served.original(row)
    key = f"{row['sha256'][:2]}/{row['sha256']}.dcm"
    try:
        kept = pictures.kept_plain(source, BUCKET, key)
    except Unreadable:
        return None, None, None, None
    return key, kept.size, kept.crc32, kept.sha256


def used(connection: Connection, studies: list[tuple[str, str]]) -> None:
    """Keep what a take is frozen of, for as long as that can be fetched."""
    connection.execute(USED, [[site for site, _ in studies], [uid for _, uid in studies]])


def forget(database: Database, storage: Storage) -> bool:
    """Remove what nobody has used for long; True where there may be more.

    Objects go before the rows do: who sees no row, and turns a file anew, does so after that.
    """
    with database.transaction() as connection:
        connection.execute(OVER)
        rows = connection.execute(UNUSED, (KEPT, AT_ONCE)).fetchall()
        for row in rows:
            if row["key"] is not None:
                storage.remove(BUCKET, row["key"])
    return len(rows) == AT_ONCE
