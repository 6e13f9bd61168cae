"""Addresses that a patient makes for a viewer of their own: made, shown once, listed."""

from datetime import timedelta
from uuid import UUID

from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import OWN_VIEWER
from services.portal.signin.entries import Actor
from shared.access import Because, Purpose, codes
from shared.db import Connection, Row

# One who has claimed nothing has nothing to read by it.
GRANT = """
    INSERT INTO access.grants (grant_id, kind, person, grantee_kind, keep, everything, purpose,
        ends_at, given_by)
    SELECT %(grant)s, 'consent', %(person)s, 'app', true, true, %(purpose)s,
        clock_timestamp() + %(term)s::interval, %(person)s
    WHERE EXISTS (SELECT FROM access.claim WHERE person = %(person)s AND ended_at IS NULL)
    ON CONFLICT (grant_id) DO NOTHING RETURNING grant_id
"""
GUEST = "INSERT INTO access.guest (grant_id, name, role) VALUES (%s, %s, %s) RETURNING guest"
ADDRESS = "INSERT INTO access.address (secret_hash, guest, patient) VALUES (%s, %s, %s)"
# An address is gone after a recovery, and after an older database was put back; its grant stands.
STANDING = """
    SELECT g.grant_id, h.name, g.ends_at, a.guest IS NOT NULL AS usable,
        (SELECT max(opened_at) FROM access.reading AS r WHERE r.session = h.guest) AS last
    FROM access.grants AS g JOIN access.guest AS h USING (grant_id)
    LEFT JOIN access.address AS a USING (guest)
    WHERE g.person = %s AND g.grantee_kind = 'app' AND g.ended_at IS NULL
        AND coalesce(g.ends_at > clock_timestamp(), true)
    ORDER BY h.opened_at, g.grant_id
"""


def make(
    ledger: Ledger, grant: UUID, called: str, term: timedelta | None, who: Actor
) -> str | None:
    """Return the secret of a new address, kept nowhere else; None where nothing was made.

    `grant` is the form's identity: sent twice, it makes one address.
    """
    connection = ledger.connection
    told = {"grant": grant, "person": who.person, "purpose": Purpose.OWN.value, "term": term}
    if connection.execute(GRANT, told).fetchone() is None:
        return None
    (row,) = connection.execute(GUEST, (grant, called, OWN_VIEWER)).fetchall()
    secret = codes.token()
    connection.execute(ADDRESS, (codes.hashed(secret), row["guest"], who.person))
    ledger.tell(grant, who, Because.OWN)
    return secret


def standing(connection: Connection, person: UUID) -> list[Row]:
    """Return the addresses of a person that have not ended."""
    return connection.execute(STANDING, (person,)).fetchall()
