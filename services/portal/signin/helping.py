"""Someone who helps: asked by the patient, joined with a sign-in of their own, ended by either."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.signin import entries, people
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import Because, Rights
from shared.db import Connection, Row
from shared.events import Channel, HelperInvited, HelperJoined, HelperLeft

TERM = timedelta(days=7)  # of an invitation

INVITE = """
    INSERT INTO access.helper (patient, name, channel, address, rights, expires_at)
    SELECT %(patient)s, %(name)s, %(channel)s, %(address)s, %(rights)s, clock_timestamp() + %(term)s
    WHERE EXISTS (SELECT FROM access.claim WHERE person = %(patient)s AND ended_at IS NULL)
        AND NOT EXISTS (
            SELECT FROM access.helper WHERE patient = %(patient)s AND channel = %(channel)s
                AND address = %(address)s AND ended_at IS NULL
                AND (joined_at IS NOT NULL OR expires_at > clock_timestamp()))
    RETURNING helper
"""
OPEN = """
    SELECT h.helper, h.patient, h.name, h.channel, h.address, h.rights
    FROM access.helper AS h
    WHERE (h.code_hash = %(code_hash)s OR h.helper = %(helper)s) AND h.joined_at IS NULL
        AND h.ended_at IS NULL AND h.expires_at > clock_timestamp()
    FOR UPDATE
"""
# Who helps the same patient already, by another invitation, has these rights from now on.
REPLACE = """
    UPDATE access.helper SET ended_at = clock_timestamp()
    WHERE patient = %s AND person = %s AND ended_at IS NULL
"""
JOIN = """
    UPDATE access.helper SET person = %s, joined_at = clock_timestamp(), code_hash = NULL
    WHERE helper = %s
"""
END = """
    UPDATE access.helper SET ended_at = clock_timestamp(), code_hash = NULL
    WHERE helper = %(helper)s AND (patient = %(person)s OR person = %(person)s)
        AND ended_at IS NULL
    RETURNING helper, patient
"""
HELPERS = """
    SELECT helper, name, channel, address, rights, joined_at IS NOT NULL AS joined
    FROM access.helper
    WHERE patient = %s AND ended_at IS NULL
        AND (joined_at IS NOT NULL OR expires_at > clock_timestamp())
    ORDER BY invited_at, helper
"""
HELPED = """
    SELECT h.helper, p.name, h.rights, h.rights = 'everything' AND NOT h.guardian AS vouches
    FROM access.helper AS h JOIN access.person AS p ON p.person = h.patient
    WHERE h.person = %s AND h.joined_at IS NOT NULL AND h.ended_at IS NULL
    ORDER BY h.joined_at, h.helper
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom a patient asks, and what they may do."""

    name: str  # as the patient calls them
    contact: Contact
    rights: Rights


def invite(connection: Connection, who: Actor, wish: Wish) -> bool:
    """Ask somebody to help `who`; False where they are asked already, or nothing is claimed."""
    told = {
        "patient": who.person,
        "name": wish.name,
        "channel": wish.contact.channel.value,
        "address": wish.contact.address,
        "rights": wish.rights.value,
        "term": TERM,
    }
    row = connection.execute(INVITE, told).fetchone()
    if row is None:
        return False
    entries.write_all(connection, who.person, who, "helper-invited", Because.OWN)
    outbox.put(connection, SCHEMA, HelperInvited(helper=row["helper"], patient=who.person))
    return True


def opened(
    connection: Connection, code_hash: bytes | None = None, helper: UUID | None = None
) -> Row | None:
    """Return an invitation that nobody has taken yet: by its code, or by its id."""
    told = {"code_hash": code_hash, "helper": helper}
    return connection.execute(OPEN, told).fetchone()


def contact_of(invitation: Row) -> Contact:
    """Return where the code was sent."""
    return Contact(Channel(invitation["channel"]), invitation["address"])


def join(connection: Connection, invitation: Row, who: Actor) -> bool:
    """Have `who` help, as they were asked; False where they asked themselves."""
    helper, patient = invitation["helper"], invitation["patient"]
    if who.person == patient:
        return False
    connection.execute(REPLACE, (patient, who.person))
    connection.execute(JOIN, (who.person, helper))
    people.prove(connection, who.person, contact_of(invitation))
    entries.write_all(connection, patient, who, "helper-joined", Because.HELPER)
    told = HelperJoined(
        helper=helper, patient=patient, person=who.person, rights=invitation["rights"]
    )
    outbox.put(connection, SCHEMA, told)
    return True


def end(connection: Connection, helper: UUID, who: Actor) -> None:
    """End it, whichever of the two `who` is; from now on the helper reads nothing."""
    row = connection.execute(END, {"helper": helper, "person": who.person}).fetchone()
    if row is None:
        return
    because = Because.OWN if row["patient"] == who.person else Because.HELPER
    entries.write_all(connection, row["patient"], who, "helper-left", because)
    outbox.put(connection, SCHEMA, HelperLeft(**row))


def helpers(connection: Connection, patient: UUID) -> list[Row]:
    """Return who helps a patient, and who is asked to."""
    return connection.execute(HELPERS, (patient,)).fetchall()


def helped(connection: Connection, person: UUID) -> list[Row]:
    """Return whom a person helps."""
    return connection.execute(HELPED, (person,)).fetchall()
