"""When a patient wants to see results. Kept here, told to index, and heeded there."""

from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.signin import entries, guarding
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import Because
from shared.db import Connection
from shared.events import ReleaseWished, Wish

# One after the other, so that each has a version of its own.
ONE_BY_ONE = "SELECT FROM access.person WHERE person = %s FOR UPDATE"
KEEP = """
    INSERT INTO access.wish (person, version, wish, site, study_uid)
    SELECT %(person)s, coalesce(max(version), 0) + 1, %(wish)s, %(site)s, %(study_uid)s
    FROM access.wish WHERE person = %(person)s RETURNING version
"""
NEWEST = """
    SELECT wish FROM access.wish WHERE person = %s AND study_uid IS NULL
    ORDER BY version DESC LIMIT 1
"""
OWNS = "SELECT FROM access.claim WHERE person = %s AND ended_at IS NULL LIMIT 1"
# Of one's own, or of whom one is the guardian.
WAITS = """
    SELECT s.record, claim.person FROM catalogue.study AS s JOIN access.claim USING (record)
    WHERE claim.ended_at IS NULL AND s.site = %(site)s
        AND (claim.person = %(person)s OR EXISTS (SELECT FROM access.helper AS h
            WHERE h.patient = claim.person AND h.person = %(person)s AND h.guardian
                AND h.joined_at IS NOT NULL AND h.ended_at IS NULL))
        AND s.study_uid = %(study_uid)s AND s.held_because IN ('wish-report', 'wish-call')
        AND NOT EXISTS (SELECT FROM access.wish AS w WHERE w.person = claim.person
            AND w.site = s.site AND w.study_uid = s.study_uid)
"""


def newest(connection: Connection, person: UUID) -> Wish | None:
    """Return what a person wishes of all that they claim; None where they never said."""
    row = connection.execute(NEWEST, (person,)).fetchone()
    return Wish(row["wish"]) if row else None


def due(connection: Connection, person: UUID) -> bool:
    """Say whether to ask: they have claimed something, and never said."""
    owns = connection.execute(OWNS, (person,)).fetchone() is not None
    return owns and newest(connection, person) is None


def onwards(connection: Connection, person: UUID) -> str:
    """Return the page that follows: who has never said when they want results is asked."""
    if due(connection, person):
        return "/wish"
    ward = guarding.undecided(connection, person)
    return f"/wish/{ward}" if ward else "/scans"


def wish(connection: Connection, who: Actor, what: Wish, child: UUID | None = None) -> None:
    """Keep what `who` wishes of all that they claim, or for `child`, whose guardian they are.

    It also counts for what comes later, and binds who helps them.
    """
    person = child or who.person
    connection.execute(ONE_BY_ONE, (person,))
    if newest(connection, person) is what:
        return
    because = Because.HELPER if child else Because.OWN
    entries.write_all(connection, person, who, "wished", because)
    keep(connection, person, what, None, None)


def show(connection: Connection, who: Actor, site: str, study_uid: str) -> None:
    """Have one study shown that only its patient's wish holds; nothing where none does."""
    told = {"person": who.person, "site": site, "study_uid": study_uid}
    row = connection.execute(WAITS, told).fetchone()
    if row is None:
        return
    connection.execute(ONE_BY_ONE, (row["person"],))
    if connection.execute(WAITS, told).fetchone() is None:
        return  # asked for at the same time
    because = Because.OWN if row["person"] == who.person else Because.HELPER
    entries.write(connection, row["record"], who, "wished", because)
    keep(connection, row["person"], Wish.AT_ONCE, site, study_uid)


def keep(
    connection: Connection, person: UUID, what: Wish, site: str | None, study_uid: str | None
) -> None:
    """Write it down, and have it told."""
    told = {"person": person, "wish": what.value, "site": site, "study_uid": study_uid}
    (row,) = connection.execute(KEEP, told).fetchall()
    event = ReleaseWished(
        person=person,
        wish=what,
        version=row["version"],
        study_site=site,
        study_uid=study_uid,
    )
    outbox.put(connection, SCHEMA, event)
