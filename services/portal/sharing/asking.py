"""Somebody asks a patient to let them look. Who asks learns nothing by it, not even of whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.portal import logbook
from services.portal.logbook import SCHEMA, Note
from services.portal.sharing import notices
from services.portal.signin.contact import Contact
from shared import outbox
from shared.access import Because, Purpose
from shared.db import Connection, Row
from shared.events import AccessRequested

WAITS = timedelta(days=30)  # for an answer
WORDS = 500  # characters of what is said to the patient
ACTION = "access-requested"

# By a number or address that they have proven, and the birth date of a record of their own.
WHO = """
    SELECT k.person FROM access.contact AS k
        JOIN access.claim AS c ON c.person = k.person AND c.ended_at IS NULL
        JOIN catalogue.contact AS p ON p.record = c.record
    WHERE k.channel = %s AND k.address = %s AND k.ended_at IS NULL AND p.birth_date = %s
    ORDER BY k.proven_at, k.person LIMIT 1
"""
# Five that wait, of one who asks of one patient; more are as if nobody were there.
FEW = """
    SELECT count(*) < 5 AS few FROM access.request
    WHERE staff = %s AND person = %s AND answer IS NULL AND expires_at > clock_timestamp()
"""
ASK = """
    INSERT INTO access.request (request, staff, site, person, purpose, keep, future, days, words,
        channel, address, language, expires_at)
    VALUES (%(request)s, %(staff)s, %(site)s, %(person)s, %(purpose)s, %(keep)s, %(future)s,
        %(days)s, %(words)s, %(channel)s, %(address)s, %(language)s, clock_timestamp() + %(waits)s)
    ON CONFLICT (request) DO NOTHING RETURNING request
"""
# A share's guest has one request that waits; a consent's asks as staff do.
LONGER = """
    INSERT INTO access.request (request, guest, person, grant_id, purpose, keep, future, days,
        words, language, expires_at)
    SELECT gen_random_uuid(), h.guest, g.person, g.grant_id, g.purpose, g.keep, false, %(days)s,
        %(words)s, %(language)s, g.ends_at
    FROM access.guest AS h JOIN access.grants AS g USING (grant_id)
    WHERE h.guest = %(guest)s AND g.kind = 'share' AND g.ended_at IS NULL
        AND g.ends_at > clock_timestamp()
        AND NOT EXISTS (SELECT FROM access.request AS r WHERE r.guest = h.guest
            AND r.asked_at > clock_timestamp() - interval '1 day')
    ON CONFLICT (guest) WHERE answer IS NULL DO NOTHING RETURNING request, person
"""
RECORDS = """
    SELECT record FROM access.claim WHERE person = %s AND ended_at IS NULL ORDER BY record
"""
OF_STAFF = """
    SELECT r.request, r.asked_at, r.purpose, r.keep, r.days, r.words, r.answer, r.answered_at,
        r.expires_at <= clock_timestamp() AS over, site.title AS hospital
    FROM access.request AS r LEFT JOIN sites.site ON site.site = r.site
    WHERE staff = %s ORDER BY asked_at DESC, request LIMIT 100
"""
OF_GUEST = """
    SELECT answer FROM access.request WHERE guest = %s ORDER BY asked_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one of staff asks for; `request` is its identity, so that a form sent twice is once."""

    request: UUID
    staff: UUID
    session: UUID
    site: str | None  # for all staff of this hospital; None: for themselves alone
    purpose: Purpose
    keep: bool
    future: bool
    days: int
    words: str
    language: str
    told: Contact | None = None  # where to tell them the answer


def clean(words: str) -> str:
    """Return words as they are kept: nothing that cannot be seen, and not too many."""
    kept = "".join(each if each.isprintable() else " " for each in words)
    return " ".join(kept.split())[:WORDS]


def ask(connection: Connection, wish: Wish, patient: Contact, born: date) -> None:
    """Ask the patient who is reached so and was born then, if there is one."""
    found = connection.execute(WHO, (patient.channel.value, patient.address, born)).fetchone()
    person = found["person"] if found else None
    (row,) = connection.execute(FEW, (wish.staff, person)).fetchall()
    if not row["few"]:
        person = None
    told = {
        "request": wish.request,
        "staff": wish.staff,
        "site": wish.site,
        "person": person,
        "purpose": wish.purpose.value,
        "keep": wish.keep,
        "future": wish.future,
        "days": wish.days,
        "words": wish.words,
        "channel": wish.told.channel.value if wish.told else None,
        "address": wish.told.address if wish.told else None,
        "language": wish.language,
        "waits": WAITS,
    }
    if connection.execute(ASK, told).fetchone() is not None and person is not None:
        tell(connection, wish.request, person, ("organisation", wish.staff, wish.session))


def longer(connection: Connection, guest: UUID, days: int, words: str, language: str) -> bool:
    """Ask for more time for what a guest reads by; False where they have asked already."""
    told = {"guest": guest, "days": days, "words": words, "language": language}
    row = connection.execute(LONGER, told).fetchone()
    if row is None:
        return False
    tell(connection, row["request"], row["person"], ("guest", guest, guest))
    return True


def tell(connection: Connection, request: UUID, person: UUID, who: tuple[str, UUID, UUID]) -> None:
    """Write into the patient's logs who asks, and have the patient told."""
    for row in connection.execute(RECORDS, (person,)).fetchall():
        note = Note(row["record"], *who, ACTION, Because.ASKED.value, "", "")
        logbook.append(connection, note, ACTION, 0)
    outbox.put(connection, SCHEMA, AccessRequested(person=person, request=request))
    notices.note(connection, notices.Kind.REQUESTED, request, None, person)


def of_staff(connection: Connection, staff: UUID) -> list[Row]:
    """Return what somebody has asked, the newest first: alike, if there is a patient or not."""
    return connection.execute(OF_STAFF, (staff,)).fetchall()


def of_guest(connection: Connection, guest: UUID) -> str | None:
    """Return how the guest's last request stands: `waits`, an answer, or None: they never asked."""
    row = connection.execute(OF_GUEST, (guest,)).fetchone()
    return (row["answer"] or "waits") if row else None
