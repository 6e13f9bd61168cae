"""Who is who: persons, and the addresses and numbers by which they have proven themselves."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.portal.signin.contact import Contact
from shared.db import Connection, Row

MAKE = "INSERT INTO access.person (name, language) VALUES (%s, %s) RETURNING person"
PROVE = """
    INSERT INTO access.contact (person, channel, address) VALUES (%s, %s, %s)
    ON CONFLICT (person, channel, address)
    DO UPDATE SET ended_at = NULL, proven_at = clock_timestamp()
"""
# With a birth date: only who has claimed a record that bears it.
REACHED = """
    SELECT person, p.name FROM access.contact AS c JOIN access.person AS p USING (person)
    WHERE c.channel = %(channel)s AND c.address = %(address)s AND c.ended_at IS NULL
        AND (%(birth_date)s::date IS NULL OR EXISTS (
            SELECT FROM access.claim JOIN catalogue.contact AS known USING (record)
            WHERE claim.person = p.person AND claim.ended_at IS NULL
                AND known.birth_date = %(birth_date)s))
    ORDER BY p.created_at, person LIMIT 20
"""
# Never the last one: nobody could come back.
END = """
    UPDATE access.contact SET ended_at = clock_timestamp()
    WHERE person = %(person)s AND channel = %(channel)s AND address = %(address)s
        AND ended_at IS NULL AND 1 < (
            SELECT count(*) FROM access.contact WHERE person = %(person)s AND ended_at IS NULL)
"""
SPEAKS = "UPDATE access.person SET language = %s WHERE person = %s"
CONTACTS = """
    SELECT channel, address, EXISTS (
        SELECT FROM access.notice AS n JOIN notify.undelivered AS u ON u.prompt = n.notice
        WHERE n.person = c.person AND n.channel = c.channel AND n.address = c.address
            AND n.noted_at > c.proven_at) AS undelivered
    FROM access.contact AS c WHERE person = %s AND ended_at IS NULL
    ORDER BY channel, address
"""


@dataclass(frozen=True, slots=True)
class Person:
    """One account, and what it is called on an envelope."""

    person: UUID
    name: str


def make(connection: Connection, name: str | None, language: str | None) -> UUID:
    """Return a new person."""
    (row,) = connection.execute(MAKE, (name, language)).fetchall()
    person: UUID = row["person"]
    return person


def prove(connection: Connection, person: UUID, contact: Contact) -> None:
    """Keep that `person` was reached there; again is nothing."""
    connection.execute(PROVE, (person, contact.channel.value, contact.address))


def reached(
    connection: Connection, contact: Contact, birth_date: date | None = None
) -> list[Person]:
    """Return who has proven `contact`: nobody, one, or a family."""
    told = {
        "channel": contact.channel.value,
        "address": contact.address,
        "birth_date": birth_date,
    }
    rows = connection.execute(REACHED, told).fetchall()
    return [Person(row["person"], row["name"] or "") for row in rows]


def speaks(connection: Connection, person: UUID, language: str) -> None:
    """Keep which language a person has chosen."""
    connection.execute(SPEAKS, (language, person))


def contacts(connection: Connection, person: UUID) -> list[Row]:
    """Return how a person can sign in."""
    return connection.execute(CONTACTS, (person,)).fetchall()


def end(connection: Connection, person: UUID, contact: Contact) -> bool:
    """Let a person not be reached there any more; False for the last one, or none of theirs."""
    connection.execute("SELECT FROM access.person WHERE person = %s FOR UPDATE", (person,))
    told = {"person": person, "channel": contact.channel.value, "address": contact.address}
    return connection.execute(END, told).rowcount == 1
