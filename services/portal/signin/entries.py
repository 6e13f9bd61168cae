"""What people do about their access, written into the logs of the records it is about."""

from dataclasses import dataclass
from uuid import UUID

from services.portal import logbook
from services.portal.logbook import Note
from shared.access import Because
from shared.db import Connection

RECORDS = """
    SELECT record FROM access.claim WHERE person = %s AND ended_at IS NULL ORDER BY record
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, and in which session."""

    person: UUID
    session: UUID


def write(connection: Connection, record: UUID, who: Actor, action: str, because: Because) -> None:
    """Write that `who`, the patient or their helper, did `action`, and tell it."""
    note = Note(
        record=record,
        actor_kind="helper" if because is Because.HELPER else "patient",
        actor=who.person,
        session=who.session,
        action=action,
        because=because.value,
        study_uid="",
        series_uid="",
    )
    logbook.append(connection, note, action, 0)


def write_by_time(connection: Connection, record: UUID, action: str, because: Because) -> None:
    """Write that `action` was done because its time had come, and tell it."""
    note = Note(record, "service", None, None, action, because.value, "", "")
    logbook.append(connection, note, action, 0)


def write_all(
    connection: Connection, patient: UUID, who: Actor, action: str, because: Because
) -> None:
    """Write it into the log of each record of `patient`; always in the same sequence of them."""
    for row in connection.execute(RECORDS, (patient,)).fetchall():
        write(connection, row["record"], who, action, because)
