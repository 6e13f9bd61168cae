"""What a patient lets staff look at, opened: by an address of the viewer, until they sign out."""

from datetime import timedelta
from uuid import UUID

from services.portal import logbook
from services.portal.logbook import SCHEMA, Note
from services.portal.sharing import links, notices
from services.portal.sharing.known import Known
from services.portal.sharing.presets import STAFF
from services.portal.staff.sessions import Staff
from shared import outbox
from shared.access import Because, codes
from shared.db import Connection, Row
from shared.events import ConsentOpened

ACTION = "consent-opened"

FOUND = """
    SELECT g.grant_id, g.person, g.keep, e.position
    FROM access.ledger_end AS e, access.grants AS g
    WHERE g.grant_id = %(grant)s AND g.kind = 'consent' AND g.ended_at IS NULL
        AND g.starts_at <= clock_timestamp()
        AND (g.ends_at IS NULL OR g.ends_at > clock_timestamp())
        AND (g.grantee = ANY (%(sites)s) OR g.staff = %(staff)s)
"""
GUEST = """
    INSERT INTO access.guest (grant_id, staff, name, role, told_at)
    SELECT %(grant)s, %(staff)s, %(name)s, %(role)s, CASE WHEN NOT EXISTS (
        SELECT FROM access.guest WHERE grant_id = %(grant)s) THEN clock_timestamp() END
    ON CONFLICT (grant_id, staff) WHERE staff IS NOT NULL DO UPDATE SET name = excluded.name
    RETURNING guest, xmax = 0 AND told_at IS NOT NULL AS first
"""
VIEW = """
    INSERT INTO access.viewing (secret_hash, client_hash, guest, patient, language, staff_session,
        ends_at)
    SELECT %s, %s, %s, %s, %s, session, least(ends_at, clock_timestamp() + %s)
    FROM access.staff_session WHERE session = %s RETURNING viewing
"""
RECORDS = """
    SELECT c.record FROM access.grants AS g JOIN access.claim AS c USING (person)
    WHERE g.grant_id = %s AND c.ended_at IS NULL AND EXISTS (
        SELECT FROM catalogue.study AS s WHERE s.record = c.record
            AND access.covers(g, s.site, s.study_uid, s.first_seen))
    ORDER BY c.record
"""


def opened(  # noqa: PLR0913, PLR0917  what is opened, who by, and for how long
    connection: Connection,
    grant: UUID,
    staff: Staff,
    language: str,
    hours: float,
    key: str,
    known: Known,
) -> str | None:
    """Return the secret of a viewing, which is kept nowhere else; None where nothing is given.

    Raises:
        EdgeDown: the database is older than what was withdrawn.

    """
    before = known.position
    told = {"grant": grant, "sites": list(staff.sites), "staff": staff.staff}
    row = connection.execute(FOUND, told).fetchone()
    if row is None:
        return None
    links.sure(known, before, row["position"])
    who = {"grant": grant, "staff": staff.staff, "name": staff.name, "role": STAFF}
    (guest,) = connection.execute(GUEST, who).fetchall()
    token = codes.token()
    client = codes.hashed(links.client_of(token, key)) if row["keep"] else None
    given = (codes.hashed(token), client, guest["guest"], row["person"], language)
    (viewing,) = connection.execute(
        VIEW, (*given, timedelta(hours=hours), staff.session)
    ).fetchall()
    told_of(connection, row, guest, viewing["viewing"], staff)
    return token


def told_of(connection: Connection, row: Row, guest: Row, viewing: UUID, staff: Staff) -> None:
    """Write who came into the logs, and tell it; the patient hears at once of the first."""
    for each in connection.execute(RECORDS, (row["grant_id"],)).fetchall():
        whose = (each["record"], "organisation", guest["guest"], staff.session)
        note = Note(*whose, ACTION, Because.GRANTED.value, "", "")
        logbook.append(connection, note, ACTION, 0)
    event = ConsentOpened(
        person=row["person"], grant=row["grant_id"], guest=guest["guest"], viewing=viewing
    )
    outbox.put(connection, SCHEMA, event)
    if guest["first"]:
        notices.note(connection, notices.Kind.STAFF_OPENED, viewing, row["grant_id"], row["person"])
