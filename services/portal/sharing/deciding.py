"""What a patient is asked for: approved, perhaps narrower, or declined; and both are told."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.portal.logbook import SCHEMA
from services.portal.sharing import grants, notices
from services.portal.sharing.ledger import Ledger, columns
from services.portal.signin import entries
from services.portal.signin.entries import Actor
from shared import outbox
from shared.access import MOST_NAMED, Named, Rights
from shared.db import Connection, Row
from shared.events import AccessApproved, AccessDeclined

# Of a person, and of those whom they help: of a share by the right to share, else to everything.
INBOX = """
    SELECT r.*, r.expires_at <= clock_timestamp() AS over, site.title AS hospital,
        coalesce(staff.name, guest.name) AS asker,
        CASE WHEN r.person <> %(person)s THEN p.name END AS whose
    FROM access.request AS r JOIN access.person AS p ON p.person = r.person
        LEFT JOIN access.staff ON staff.staff = r.staff
        LEFT JOIN access.guest ON guest.guest = r.guest
        LEFT JOIN sites.site ON site.site = r.site
    WHERE (%(request)s::uuid IS NULL OR r.request = %(request)s)
        AND (r.person = %(person)s OR EXISTS (SELECT FROM access.helper AS h
            WHERE h.patient = r.person AND h.person = %(person)s
                AND (h.rights = 'everything' OR (h.rights = 'share' AND r.guest IS NOT NULL))
                AND h.joined_at IS NOT NULL AND h.ended_at IS NULL))
    ORDER BY r.answer IS NOT NULL, r.asked_at DESC, r.request LIMIT 100
"""
WAITING = """
    SELECT count(*) AS count FROM access.request
    WHERE person = %s AND answer IS NULL AND expires_at > clock_timestamp()
"""
# Whoever answers first: the other finds it answered.
ANSWER = """
    UPDATE access.request SET answer = %s, answered_at = clock_timestamp()
    WHERE request = %s AND answer IS NULL AND expires_at > clock_timestamp() RETURNING *
"""
GRANT = """
    INSERT INTO access.grants (kind, person, grantee_kind, grantee, staff, keep, everything,
        arrived_before, purpose, ends_at, given_by)
    VALUES ('consent', %(person)s, %(kind)s, %(site)s, %(staff)s, %(keep)s, %(everything)s,
        CASE WHEN %(everything)s AND NOT %(future)s THEN clock_timestamp() END, %(purpose)s,
        clock_timestamp() + %(term)s, %(by)s)
    ON CONFLICT (person, grantee) WHERE kind = 'consent' AND ended_at IS NULL DO NOTHING
    RETURNING grant_id
"""
MADE = "UPDATE access.request SET grant_id = %s WHERE request = %s"
# Never less than it is: that would be to narrow it.
LONGER = """
    UPDATE access.grants SET version = version + 1, warned_at = NULL,
        ends_at = greatest(ends_at, clock_timestamp() + %s)
    WHERE grant_id = %s AND person = %s AND kind = 'share' AND ended_at IS NULL
        AND ends_at > clock_timestamp() RETURNING grant_id
"""


@dataclass(frozen=True, slots=True)
class Given:
    """What is given of what was asked for: never more."""

    studies: frozenset[Named] | None  # None: everything
    keep: bool
    future: bool
    days: int


class Already(Exception):
    """The hospital has a consent that stands: that is to end first."""


def inbox(connection: Connection, person: UUID) -> list[Row]:
    """Return what a person is asked for, and what they help to answer; what waits first."""
    return connection.execute(INBOX, {"person": person, "request": None}).fetchall()


def one(connection: Connection, person: UUID, request: UUID) -> Row | None:
    """Return one of these."""
    return connection.execute(INBOX, {"person": person, "request": request}).fetchone()


def waiting(connection: Connection, person: UUID) -> int:
    """Return how many wait for an answer."""
    (row,) = connection.execute(WAITING, (person,)).fetchall()
    count: int = row["count"]
    return count


def approve(ledger: Ledger, row: Row, given: Given, who: Actor) -> UUID | None:
    """Give what was asked for, or less; None where it was answered before, or waits no more.

    Raises:
        TooWide: `who` may not, or gives what the patient has not.
        Already: the hospital has a consent that stands.

    """
    connection = ledger.connection
    least = Rights.SHARE if row["guest"] else Rights.EVERYTHING
    because = grants.related(connection, row["person"], who, least)
    asked = connection.execute(ANSWER, ("approved", row["request"])).fetchone()
    if asked is None:
        return None
    grant = extended(connection, asked, given) if row["guest"] else made(ledger, asked, given, who)
    connection.execute(MADE, (grant, row["request"]))
    ledger.tell(grant, who, because, amended=row["guest"] is not None)
    event = AccessApproved(person=row["person"], request=row["request"], grant=grant)
    outbox.put(connection, SCHEMA, event)
    notices.note_asker(connection, row["request"])
    return grant


def made(ledger: Ledger, asked: Row, given: Given, who: Actor) -> UUID:
    """Return the new consent to who asks, or to their hospital."""
    connection, studies = ledger.connection, given.studies
    told = {
        "person": asked["person"],
        "kind": "organisation" if asked["site"] else "person",
        "site": asked["site"],
        "staff": None if asked["site"] else asked["staff"],
        "keep": asked["keep"] and given.keep,
        "everything": studies is None,
        "future": asked["future"] and given.future,
        "purpose": asked["purpose"],
        "term": timedelta(days=min(asked["days"], given.days)),
        "by": who.person,
    }
    sites, uids = columns(studies or ())
    if studies is not None:
        (row,) = connection.execute(grants.THEIRS, (asked["person"], sites, uids)).fetchall()
        if not 0 < len(studies) <= MOST_NAMED or row["count"] != len(studies):
            raise grants.TooWide
    found = connection.execute(GRANT, told).fetchone()
    if found is None:
        raise Already
    grant: UUID = found["grant_id"]
    connection.execute(grants.NAME, (grant, sites, uids))
    return grant


def extended(connection: Connection, asked: Row, given: Given) -> UUID:
    """Give a share more time, from now on."""
    term = timedelta(days=min(asked["days"], given.days))
    told = (term, asked["grant_id"], asked["person"])
    found = connection.execute(LONGER, told).fetchone()
    if found is None:
        raise grants.TooWide  # it has ended meanwhile
    grant: UUID = found["grant_id"]
    return grant


def decline(connection: Connection, row: Row, who: Actor) -> bool:
    """Decline; False where it was answered before, or waits no more.

    Raises:
        TooWide: `who` may not.

    """
    because = grants.related(connection, row["person"], who, Rights.SHARE)
    if connection.execute(ANSWER, ("declined", row["request"])).fetchone() is None:
        return False
    entries.write_all(connection, row["person"], who, "access-declined", because)
    outbox.put(connection, SCHEMA, AccessDeclined(person=row["person"], request=row["request"]))
    notices.note_asker(connection, row["request"])
    return True
