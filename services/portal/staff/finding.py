"""Which patients let somebody look: whatever is to them alone, and of their hospital's by name.

Whoever has given nothing is not found, nor is anybody by less than a name and the birth date.
"""

from datetime import date
from uuid import UUID

from services.portal.logbook import Note
from services.portal.reading import Noting
from services.portal.staff.sessions import Staff
from shared.access import Because
from shared.catalogue.folding import words
from shared.db import Row

MOST = 50  # patients
LEAST = 2  # letters of a word of a name
ACTION = "consent-list"

GIVEN = """
    SELECT g.grant_id, g.purpose, g.keep, g.ends_at, c.record, contact.name, contact.birth_date,
        site.title AS hospital
    FROM access.grants AS g JOIN access.claim AS c USING (person)
        JOIN catalogue.contact USING (record)
        LEFT JOIN sites.site ON site.site = g.grantee
    WHERE g.kind = 'consent' AND g.ended_at IS NULL AND g.starts_at <= clock_timestamp()
        AND (g.ends_at IS NULL OR g.ends_at > clock_timestamp()) AND c.ended_at IS NULL
        AND EXISTS (SELECT FROM catalogue.study AS s WHERE s.record = c.record
            AND s.state = 'available' AND s.released_at IS NOT NULL
            AND NOT access.unheeded(c.claim, c.person)
            AND access.covers(g, s.site, s.study_uid, s.first_seen))
        AND NOT EXISTS (SELECT FROM sites.braked WHERE brake = 'sharing')
"""
MINE = GIVEN + " AND g.staff = %(staff)s ORDER BY g.starts_at DESC, g.grant_id, c.record LIMIT 500"
OURS = (
    GIVEN
    + """ AND g.grantee = ANY (%(sites)s) AND contact.birth_date = %(born)s
    ORDER BY g.grant_id, c.record LIMIT 500"""
)


def mine(noting: Noting, staff: Staff) -> list[Row]:
    """Return what patients have given to `staff` alone, the newest first."""
    rows = noting.connection.execute(MINE, {"staff": staff.staff}).fetchall()
    return noted(noting, staff, rows)


def named(noting: Noting, staff: Staff, name: str, born: date) -> list[Row]:
    """Return what patients of this name and birth date have given to the hospitals of `staff`."""
    said = words(name)
    if not said or max(map(len, said)) < LEAST:
        return []
    told = {"sites": list(staff.sites), "born": born}
    rows = noting.connection.execute(OURS, told).fetchall()
    return noted(noting, staff, [row for row in rows if called(row["name"] or "", said)])


def called(name: str, said: tuple[str, ...]) -> bool:
    """Say whether each word that was said begins a word of a name."""
    theirs = words(name)
    return all(any(word.startswith(each) for word in theirs) for each in said)


def noted(noting: Noting, staff: Staff, rows: list[Row]) -> list[Row]:
    """Return one row a grant, and write into each record's log that it was shown."""
    found: dict[UUID, Row] = {}
    for row in rows:
        if len(found) < MOST or row["grant_id"] in found:
            found.setdefault(row["grant_id"], row)
            noting.notes.append(note(row["record"], staff))
    return list(found.values())


def note(record: UUID, staff: Staff) -> Note:
    """Return what the log says of a patient who was shown in a list."""
    told = ("organisation", staff.staff, staff.session, ACTION, Because.GRANTED.value)
    return Note(record, *told, "", "")
