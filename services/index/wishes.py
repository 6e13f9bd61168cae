"""Who has claimed which record, and when they want to see results: kept, and heeded."""

from collections.abc import Iterable

from services.index.releasing import settle
from services.index.store import columns
from shared.crashpoint import reached
from shared.db import Connection, Database, Row, retrying
from shared.events import Event, PatientClaimed, PatientUnclaimed, ReleaseWished

# The two may come in either sequence: what has ended does not begin again.
CLAIM = """
    INSERT INTO told.claim AS old (claim, record, person, ended)
    VALUES (%(claim)s, %(record)s, %(person)s, %(ended)s)
    ON CONFLICT (claim) DO UPDATE SET ended = old.ended OR excluded.ended
"""
WISH = """
    INSERT INTO told.wish AS old (person, site, study_uid, wish, version)
    VALUES (%(person)s, %(site)s, %(study_uid)s, %(wish)s, %(version)s)
    ON CONFLICT (person, site, study_uid) DO UPDATE
    SET (wish, version) = (excluded.wish, excluded.version) WHERE old.version < excluded.version
"""
# Asked later, by the clock, should the catalogue be in the middle of a rebuild.
LATER = """
    UPDATE told.study AS t SET review_at = clock_timestamp()
    FROM unnest(%s::text[], %s::text[]) AS asked (site, study_uid)
    WHERE (t.site, t.study_uid) = (asked.site, asked.study_uid) AND NOT EXISTS (
        SELECT FROM catalogue.study AS s WHERE (s.site, s.study_uid) = (t.site, t.study_uid))
"""
OF_RECORD = """
    SELECT site, study_uid FROM catalogue.study WHERE record = %(record)s
    UNION SELECT site, study_uid FROM told.study WHERE record = %(record)s
"""
OF_PERSON = """
    SELECT site, study_uid FROM catalogue.study JOIN told.claim USING (record)
    WHERE person = %(person)s AND NOT ended
    UNION SELECT site, study_uid FROM told.study JOIN told.claim USING (record)
    WHERE person = %(person)s AND NOT ended
"""


def claim(event: PatientClaimed, database: Database) -> tuple[Event, ...]:
    """Keep that a record is claimed, or is not any more; what its patient wishes counts at once."""
    told = event.model_dump() | {"ended": isinstance(event, PatientUnclaimed)}

    def keep() -> None:
        with database.transaction() as connection:
            connection.execute(CLAIM, told)
            heed(connection, connection.execute(OF_RECORD, told))

    retrying(keep)
    reached("index.claim.filed")
    return ()


def wish(event: ReleaseWished, database: Database) -> tuple[Event, ...]:
    """Keep what a patient wishes, and hold or release what they have claimed."""
    told = event.model_dump(exclude={"site"})
    told |= {"site": event.study_site or "", "study_uid": event.study_uid or ""}

    def keep() -> None:
        with database.transaction() as connection:
            connection.execute(WISH, told)
            heed(connection, connection.execute(OF_PERSON, told))

    retrying(keep)
    reached("index.wish.filed")
    return ()


def heed(connection: Connection, rows: Iterable[Row]) -> None:
    """Ask all of `rows` anew."""
    studies = {(row["site"], row["study_uid"]) for row in rows}
    settle(connection, studies)
    connection.execute(LATER, columns(studies))
