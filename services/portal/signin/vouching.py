"""A helper who vouches: a code for a patient who has lost their number, told from mouth to ear."""

from datetime import timedelta
from uuid import UUID

from services.portal.signin import entries, guarding
from services.portal.signin.entries import Actor
from shared.access import Because, Rights, codes
from shared.db import Connection, Row

TERM = timedelta(minutes=30)  # the two are together, or on the telephone

# Of somebody with a sign-in of their own: a child comes back with its guardians.
HELPED = """
    SELECT h.patient, p.name, c.record, c.site, known.birth_date
    FROM access.helper AS h JOIN access.person AS p ON p.person = h.patient
    JOIN access.claim AS c ON c.person = h.patient AND c.ended_at IS NULL
    JOIN catalogue.contact AS known ON known.record = c.record
    WHERE h.helper = %s AND h.person = %s AND h.rights = %s AND NOT h.guardian
        AND h.joined_at IS NOT NULL AND h.ended_at IS NULL AND known.birth_date IS NOT NULL
        AND left(c.site, 8) <> 'brought-'
    ORDER BY c.claimed_at DESC, c.claim LIMIT 1
"""
MINT = """
    INSERT INTO access.invitation (code_hash, record, site, recovers, vouched_by, expires_at)
    VALUES (%s, %s, %s, true, %s, clock_timestamp() + %s)
"""


def helped(connection: Connection, who: Actor, helper: UUID) -> Row | None:
    """Return for whom `who` may vouch by `helper`: everything was given to them, and it stands."""
    told = (helper, who.person, Rights.EVERYTHING.value)
    row = connection.execute(HELPED, told).fetchone()
    if row is None or guarding.of_age(connection, row["site"], row["birth_date"]):
        return None
    return row


def vouch(connection: Connection, who: Actor, helper: UUID, patient: Row, key: str) -> str:
    """Return a code that lets `patient` back in, with their birth date; it is kept nowhere."""
    code = codes.invitation()
    hashed = codes.keyed(key, "invitation", code.replace("-", ""))
    connection.execute(MINT, (hashed, patient["record"], patient["site"], helper, TERM))
    entries.write_all(connection, patient["patient"], who, "vouched", Because.HELPER)
    return code
