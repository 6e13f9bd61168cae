"""Claiming a record: the code of an invitation, and the birth date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.signin import entries, people
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import Because
from shared.db import Connection, Row
from shared.events import PatientClaimed, PatientUnclaimed

TRIES = 5  # birth dates a code

# The try is taken first, so that it counts exactly under parallel guessing. What a helper has
# vouched for holds while they help who has the record.
TRY = """
    UPDATE access.invitation AS i SET tries = tries + 1
    WHERE code_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp() AND tries < %s
        AND (vouched_by IS NULL OR EXISTS (
            SELECT FROM access.helper AS h JOIN access.claim AS c ON c.person = h.patient
            WHERE h.helper = i.vouched_by AND h.joined_at IS NOT NULL AND h.ended_at IS NULL
                AND c.record = i.record AND c.ended_at IS NULL))
    RETURNING code_hash, record, site, channel, address, recovers, vouched_by, tries
"""
LOCKED = """
    SELECT site FROM access.invitation
    WHERE code_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp() AND tries >= %s
"""
KNOWN = "SELECT name, language, birth_date FROM catalogue.contact WHERE record = %s"
GIVE_BACK = "UPDATE access.invitation SET tries = tries - 1 WHERE code_hash = %s"
OPEN = """
    SELECT i.code_hash, i.record, i.site, i.channel, i.address, i.recovers
    FROM access.invitation AS i
    WHERE code_hash = %s AND used_at IS NULL AND expires_at > clock_timestamp()
"""
CLAIM = """
    INSERT INTO access.claim (person, record, site) VALUES (%s, %s, %s)
    ON CONFLICT (record) WHERE ended_at IS NULL DO NOTHING RETURNING claim
"""
USE = """
    UPDATE access.invitation SET used_at = clock_timestamp()
    WHERE record = %s AND used_at IS NULL
"""
OWNER = "SELECT person FROM access.claim WHERE record = %s AND ended_at IS NULL"
UNCLAIM = """
    UPDATE access.claim SET ended_at = clock_timestamp()
    WHERE claim = %s AND person = %s AND ended_at IS NULL RETURNING claim, record, site, person
"""
LISTED = """
    SELECT claim, site.title FROM access.claim JOIN sites.site USING (site)
    WHERE person = %s AND ended_at IS NULL AND left(site, 8) <> 'brought-'
    ORDER BY claimed_at, claim
"""


class Verdict(StrEnum):
    """What a code and a birth date are good for."""

    RIGHT = "right"
    WRONG = "wrong"  # the birth date
    LOCKED = "locked"
    UNKNOWN = "unknown"  # or expired, or used: a stranger is told nothing
    UNDATED = "undated"  # the hospital knows no birth date


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try went, and what is known of the invitation where it went well."""

    verdict: Verdict
    site: str = ""
    left: int = 0  # tries
    invitation: Row | None = None
    patient: Row | None = None  # name, language, birth_date


def tried(connection: Connection, code_hash: bytes, birth_date: date) -> Tried:
    """Try `birth_date` on an invitation; a wrong one is counted when this is committed."""
    row = connection.execute(TRY, (code_hash, TRIES)).fetchone()
    if row is None:
        locked = connection.execute(LOCKED, (code_hash, TRIES)).fetchone()
        return Tried(Verdict.LOCKED, locked["site"]) if locked else Tried(Verdict.UNKNOWN)
    patient = connection.execute(KNOWN, (row["record"],)).fetchone()
    known = patient["birth_date"] if patient else None
    if known is not None and known != birth_date:
        left = TRIES - row["tries"]
        return Tried(Verdict.WRONG if left else Verdict.LOCKED, row["site"], left)
    connection.execute(GIVE_BACK, (code_hash,))
    if known is None:
        return Tried(Verdict.UNDATED, row["site"])
    return Tried(Verdict.RIGHT, row["site"], TRIES, row, patient)


def again(connection: Connection, code_hash: bytes) -> Row | None:
    """Return an invitation whose birth date was right before, if it is still good."""
    return connection.execute(OPEN, (code_hash,)).fetchone()


def claim(
    connection: Connection,
    invitation: Row,
    who: Actor,
    contact: Contact | None,
    child: UUID | None = None,
) -> bool:
    """Give the record to `who`, who has proven code and birth date, or to `child`, whom they hold.

    False: it is somebody's, since a moment ago. After this all codes of the record are used.
    """
    record, site, person = invitation["record"], invitation["site"], child or who.person
    row = connection.execute(CLAIM, (person, record, site)).fetchone()
    if row is None:
        return False
    connection.execute(USE, (record,))
    if contact is not None:
        people.prove(connection, who.person, contact)
    entries.write(connection, record, who, "claimed", Because.HELPER if child else Because.OWN)
    told = PatientClaimed(site=site, claim=row["claim"], person=person, record=record)
    outbox.put(connection, SCHEMA, told)
    return True


def owner(connection: Connection, invitation: Row) -> UUID | None:
    """Return who has claimed the record, None where nobody has (any more)."""
    row = connection.execute(OWNER, (invitation["record"],)).fetchone()
    return row["person"] if row else None


def unclaim(connection: Connection, claimed: UUID, who: Actor) -> None:
    """End a claim of `who`; what was looked at under it stays in the record's log."""
    row = connection.execute(UNCLAIM, (claimed, who.person)).fetchone()
    if row is not None:
        entries.write(connection, row["record"], who, "unclaimed", Because.OWN)
        outbox.put(connection, SCHEMA, PatientUnclaimed(**row))


def records(connection: Connection, person: UUID) -> list[Row]:
    """Return what a person has claimed: claim, title of the hospital."""
    return connection.execute(LISTED, (person,)).fetchall()
