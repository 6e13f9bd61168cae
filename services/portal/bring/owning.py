"""Whose the scans on a disc are: the patient's where name and birth date agree, else a question."""

from uuid import UUID

from services.portal.bring.rules import Named, same
from services.portal.logbook import SCHEMA
from services.portal.signin import claims, entries
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import Because
from shared.db import Connection, Database, Row
from shared.events import PatientClaimed

AT_ONCE = 50

# Records of discs that something is known of, and nobody was asked about.
FRESH = """
    SELECT r.record, r.site, b.person, r.name, r.birth_date
    FROM access.brought AS b JOIN catalogue.record AS r USING (site)
    WHERE NOT EXISTS (SELECT FROM access.brought_record AS d WHERE d.record = r.record)
        AND EXISTS (SELECT FROM catalogue.study AS s WHERE s.record = r.record AND s.revision > 0)
    ORDER BY r.created_at, r.record LIMIT %s
"""
KNOWN = """
    SELECT r.name, r.birth_date FROM access.claim AS c JOIN catalogue.record AS r USING (record)
    WHERE c.person = %s AND c.ended_at IS NULL AND left(c.site, 8) <> 'brought-'
"""
DECIDE = """
    INSERT INTO access.brought_record (record, person, answer) VALUES (%s, %s, %s)
    ON CONFLICT (record) DO NOTHING
"""
ASKED = """
    SELECT d.record, d.person, r.site, r.display_name AS name, r.birth_date,
        count(s.*) AS scans, sum(s.instance_count)::bigint AS pictures, max(s.study_date) AS day
    FROM access.brought_record AS d JOIN catalogue.record AS r USING (record)
    JOIN catalogue.study AS s ON s.record = r.record
    WHERE d.person = ANY (%s) AND d.answer = 'asked'
    GROUP BY d.record, d.person, r.site, r.display_name, r.birth_date, d.answered_at
    ORDER BY d.answered_at, d.record
"""
ANSWER = """
    UPDATE access.brought_record AS d SET answer = %s, answered_at = clock_timestamp()
    FROM access.brought AS b
    WHERE d.record = %s AND d.person = ANY (%s) AND d.answer = 'asked' AND b.person = d.person
    RETURNING d.record, d.person, b.site
"""


def recognise(database: Database) -> bool:
    """Give people what names them, and note what has to be asked; True where there may be more."""
    with database.transaction() as connection:
        rows = connection.execute(FRESH, (AT_ONCE,)).fetchall()
        for row in rows:
            decide(connection, row)
    return len(rows) == AT_ONCE


def decide(connection: Connection, row: Row) -> None:
    """Decide of one record; another replica may have, a moment ago."""
    disc = Named(row["name"], row["birth_date"])
    known = connection.execute(KNOWN, (row["person"],)).fetchall()
    mine = any(same(disc, Named(each["name"], each["birth_date"])) for each in known)
    told = (row["record"], row["person"], "same" if mine else "asked")
    if connection.execute(DECIDE, told).rowcount and mine:
        claim(connection, row["record"], row["person"], row["site"])
        entries.write_by_time(connection, row["record"], "claimed", Because.OWN)


def asked(connection: Connection, people: list[UUID]) -> list[Row]:
    """Return about whom `people`, or who brings for them, are asked."""
    return connection.execute(ASKED, (people,)).fetchall()


def answer(
    connection: Connection, record: UUID, who: Actor, people: list[UUID], *, mine: bool
) -> bool:
    """Take the answer for one of `people`; False where nothing was asked."""
    told = ("mine" if mine else "other", record, people)
    row = connection.execute(ANSWER, told).fetchone()
    if row is None:
        return False
    if mine:
        claim(connection, record, row["person"], row["site"])
        because = Because.OWN if row["person"] == who.person else Because.HELPER
        entries.write(connection, record, who, "claimed", because)
    return True


def claim(connection: Connection, record: UUID, person: UUID, site: str) -> None:
    """Let what a disc says of `record` be the person's, and tell it."""
    row = connection.execute(claims.CLAIM, (person, record, site)).fetchone()
    if row is not None:
        told = PatientClaimed(site=site, claim=row["claim"], person=person, record=record)
        outbox.put(connection, SCHEMA, told)
