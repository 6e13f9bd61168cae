"""Who is too young for a sign-in: a person, whom guardians hold until they are of age."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.signin import claims, entries, people
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import Because, Rights
from shared.db import Connection, Database, Row
from shared.events import HelperJoined, HelperLeft

# By the hospital's clock; NULL where they are of age.
OF_AGE = """
    SELECT day FROM (
        SELECT (%(born)s::date + make_interval(years => adult_years))::date AS day,
            (clock_timestamp() AT TIME ZONE timezone)::date AS today
        FROM sites.site WHERE site = %(site)s
    ) AS birthday WHERE day > today
"""
# The same child at another hospital: of the same guardian, birth date and name.
KNOWN = """
    SELECT h.patient FROM access.helper AS h JOIN access.person AS p ON p.person = h.patient
    WHERE h.person = %(guardian)s AND h.guardian AND h.ended_at IS NULL
        AND lower(p.name) = lower(%(name)s) AND EXISTS (
            SELECT FROM access.claim AS c JOIN catalogue.contact AS known USING (record)
            WHERE c.person = h.patient AND c.ended_at IS NULL AND known.birth_date = %(born)s)
    ORDER BY h.joined_at LIMIT 1
"""
HOLD = """
    INSERT INTO access.helper (patient, person, name, channel, address, rights, guardian, until,
        expires_at, joined_at)
    SELECT %(child)s, person, coalesce(name, ''), %(channel)s, %(address)s, %(rights)s, true,
        %(until)s, clock_timestamp(), clock_timestamp()
    FROM access.person WHERE person = %(guardian)s AND NOT EXISTS (
        SELECT FROM access.helper WHERE patient = %(child)s AND person = %(guardian)s
            AND guardian AND ended_at IS NULL)
    RETURNING helper
"""
HOLDS = """
    SELECT FROM access.helper WHERE patient = %s AND person = %s AND guardian
        AND joined_at IS NOT NULL AND ended_at IS NULL
"""
WARDS = """
    SELECT p.person, p.name FROM access.helper AS h JOIN access.person AS p ON p.person = h.patient
    WHERE h.person = %s AND h.guardian AND h.joined_at IS NOT NULL AND h.ended_at IS NULL
    ORDER BY p.name, p.person
"""
UNDECIDED = """
    SELECT patient FROM access.helper AS h
    WHERE person = %s AND guardian AND joined_at IS NOT NULL AND ended_at IS NULL
        AND NOT EXISTS (SELECT FROM access.wish AS w
            WHERE w.person = h.patient AND w.study_uid IS NULL)
    ORDER BY joined_at DESC LIMIT 1
"""
# By UTC, so within some hours of the hospital's own midnight.
HAND_OVER = """
    UPDATE access.helper SET ended_at = clock_timestamp() WHERE helper IN (
        SELECT helper FROM access.helper WHERE guardian AND ended_at IS NULL
            AND until <= (clock_timestamp() AT TIME ZONE 'UTC')::date
        ORDER BY until LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING helper, patient
"""
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Ward:
    """Whom an invitation is for, where they are not of age."""

    name: str | None
    born: date
    until: date


def of_age(connection: Connection, site: str, born: date) -> date | None:
    """Return the day on which someone comes of age at `site`; None where they are."""
    row = connection.execute(OF_AGE, {"site": site, "born": born}).fetchone()
    return row["day"] if row else None


def hold(
    connection: Connection, invitation: Row, who: Actor, ward: Ward, contact: Contact | None
) -> UUID | None:
    """Let `who` hold the patient of `invitation` as their guardian, and return the child.

    The record is the child's, who has no sign-in. Where another guardian has claimed it, a sheet
    that recovers lets `who` be one too. None: it is somebody's who is no child of theirs.
    """
    told = {"guardian": who.person, "name": ward.name or "", "born": ward.born}
    child = claims.owner(connection, invitation) if invitation["recovers"] else None
    if child is None:
        known = connection.execute(KNOWN, told).fetchone()
        child = known["patient"] if known else people.make(connection, ward.name, None)
        if not claims.claim(connection, invitation, who, contact, child):
            return None
    else:
        connection.execute(claims.USE, (invitation["record"],))
    reached = (contact.channel.value, contact.address) if contact else ("sms", "")
    row = connection.execute(
        HOLD,
        {
            "child": child,
            "guardian": who.person,
            "rights": Rights.EVERYTHING.value,
            "channel": reached[0],
            "address": reached[1],
            "until": ward.until,
        },
    ).fetchone()
    if row is not None:
        entries.write_all(connection, child, who, "guardian-joined", Because.HELPER)
        joined = HelperJoined(
            helper=row["helper"], patient=child, person=who.person, rights=Rights.EVERYTHING.value
        )
        outbox.put(connection, SCHEMA, joined)
    return child


def holds(connection: Connection, guardian: UUID, child: UUID) -> bool:
    """Say whether one is the other's guardian at this moment."""
    return connection.execute(HOLDS, (child, guardian)).fetchone() is not None


def wards(connection: Connection, guardian: UUID) -> list[Row]:
    """Return whom a person is the guardian of: person, name."""
    return connection.execute(WARDS, (guardian,)).fetchall()


def undecided(connection: Connection, guardian: UUID) -> UUID | None:
    """Return a ward of whom nobody has said yet when their results are to be shown."""
    row = connection.execute(UNDECIDED, (guardian,)).fetchone()
    return row["patient"] if row else None


def hand_over(database: Database) -> bool:
    """End the guardians' access to who has come of age; say if there may be more."""
    with database.transaction() as connection:
        rows = connection.execute(HAND_OVER, (AT_ONCE,)).fetchall()
        for row in rows:
            for each in connection.execute(entries.RECORDS, (row["patient"],)).fetchall():
                entries.write_by_time(connection, each["record"], "guardian-left", Because.HELPER)
            outbox.put(connection, SCHEMA, HelperLeft(**row))
    return len(rows) == AT_ONCE
