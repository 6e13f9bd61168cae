"""What a patient is told of what they share: by every number and address that they have proven."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from shared.db import Connection, Database

BEFORE = timedelta(days=3)  # the end of a grant; what is given for less is not told of
DAY = timedelta(days=1)  # that whoever comes after the first waits to be told of, with others
AT_ONCE = 100  # grants, in one transaction

NOTE = """
    INSERT INTO access.notice (cause, person, kind, grant_id, channel, address)
    SELECT %s, person, %s, %s, channel, address FROM access.contact
    WHERE person = %s AND ended_at IS NULL
"""
ASKER = """
    INSERT INTO access.notice (cause, person, kind, channel, address, language)
    SELECT request, person, %s, channel, address, language FROM access.request
    WHERE request = %s AND channel IS NOT NULL
"""
NEAR = """
    UPDATE access.grants SET warned_at = clock_timestamp() WHERE grant_id IN (
        SELECT grant_id FROM access.grants
        WHERE ended_at IS NULL AND warned_at IS NULL AND ends_at > clock_timestamp()
            AND ends_at <= clock_timestamp() + %(before)s AND ends_at - starts_at > %(before)s
        ORDER BY ends_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED)
    RETURNING grant_id, person
"""


# All who came to a person's shares and consents since, once one of them has waited for a day.
UNTOLD = """
    UPDATE access.guest AS h SET told_at = clock_timestamp() FROM access.grants AS g
    WHERE g.grant_id = h.grant_id AND h.told_at IS NULL AND g.grantee_kind <> 'app'
        AND g.person IN (SELECT w.person FROM access.guest AS o JOIN access.grants AS w
            USING (grant_id) WHERE o.told_at IS NULL AND w.grantee_kind <> 'app'
                AND o.opened_at <= clock_timestamp() - %(day)s::interval
            ORDER BY o.opened_at LIMIT %(at_once)s)
    RETURNING g.person
"""


class Kind(StrEnum):
    """What is told."""

    OPENED = "opened"  # for the first time
    STAFF_OPENED = "staff-opened"  # the same by one of a hospital's staff
    LOCKED = "locked"  # the birth date was wrong too often
    ENDING = "ending"
    ANSWERED = "answered"  # a reader has sent a note or a PDF
    LOOKS = "looks"  # others have come since, all in one letter
    REQUESTED = "requested"  # somebody asks to look
    DECIDED = "decided"  # to who asked: the patient has answered


def note(connection: Connection, kind: Kind, cause: UUID, grant: UUID | None, person: UUID) -> None:
    """Write what notify is to tell; `cause` is what its event bears."""
    connection.execute(NOTE, (cause, kind.value, grant, person))


def note_asker(connection: Connection, request: UUID) -> None:
    """Write that who asked has an answer, where they want to be told."""
    connection.execute(ASKER, (Kind.DECIDED.value, request))


def warn(database: Database) -> bool:
    """Write a notice of each grant that ends in three days, once; True where there may be more.

    No event tells it, for nothing has changed: notify looks for these by the clock.
    """
    with database.transaction() as connection:
        near = connection.execute(NEAR, {"before": BEFORE, "at_once": AT_ONCE}).fetchall()
        for row in near:
            note(connection, Kind.ENDING, uuid4(), row["grant_id"], row["person"])
    return len(near) == AT_ONCE


def gather(database: Database) -> bool:
    """Write a notice to each person of all who came since the last; True where there may be more.

    Who comes first is told of at once; so nobody who shares with many gets a letter for each.
    """
    with database.transaction() as connection:
        told = connection.execute(UNTOLD, {"day": DAY, "at_once": AT_ONCE}).fetchall()
        for person in sorted({row["person"] for row in told}):
            note(connection, Kind.LOOKS, uuid4(), None, person)
    return len(told) >= AT_ONCE
