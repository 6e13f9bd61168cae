"""What index does with the events of instances, rosters and declarations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

import structlog

from services.index import declarations, disc, header, roster, store, studies
from services.index.catalogue import PatientKey
from services.index.header import Header
from services.index.store import Batch
from shared.brought import brought
from shared.children import ChildDied
from shared.crashpoint import reached
from shared.db import Database, retrying
from shared.errors import Malformed
from shared.events import (
    Event,
    InstanceStored,
    InstanceTranscoded,
    PatientRegistered,
    StudyDeclared,
)
from shared.fhir import NotARoster
from shared.storage import Storage

log = structlog.get_logger()

RecordOf: TypeAlias = Callable[[str, PatientKey], UUID]
DEATHS = 2  # of a child over one header, until the header counts as unreadable
LARGEST_ROSTER = 256 << 20  # bytes; ingest lets no larger one in


class Reads(Protocol):
    """Where a header is read: in a limited child."""

    def __call__(self, bucket: str, key: str, size: int, syntax: str) -> Header:
        """Return the header; raises `ChildDied` when it was too much."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is had before the transaction: the header, and whose it is."""

    header: Header
    record: UUID | None


@contextmanager
def transaction(database: Database) -> Iterator[Batch]:
    """Give a batch; at its end its studies are counted, then all of it is committed."""
    with database.transaction() as connection:
        batch = Batch(connection)
        yield batch
        studies.settle(batch)
        reached("index.studies.counted")


def prepare(event: Event, read: Reads, record_of: RecordOf) -> Prepared | None:
    """Fetch the header of a stored instance, and make its patient's record at first sight.

    The record is committed here and now: were it made inside the batches, two replicas that meet
    the same new patients in another order would wait for each other.
    """
    if not isinstance(event, InstanceStored):
        return None
    told = read_header(event, read)
    reached("index.header.read")
    patient = disc.patient(told) if brought(event.site) else told.values.patient
    record = record_of(event.site, patient) if patient else None
    reached("index.record.made")
    return Prepared(told, record)


def read_header(event: InstanceStored, read: Reads) -> Header:
    """Return the header, or one that says nothing where reading it kills a child each time.

    Raises:
        FileNotFoundError: the original is not there.

    """
    stored = event.object
    for _ in range(DEATHS):
        try:
            return read(stored.bucket, stored.key, stored.size, event.transfer_syntax_uid)
        except ChildDied as death:
            log.warning("header_not_read", sop_uid=event.sop_uid, reason=death.code)
    return header.UNREADABLE


def records(database: Database) -> RecordOf:
    """Return what finds or makes a patient's record; asked each time, for a rebuild empties it."""

    def record_of(site: str, patient: PatientKey) -> UUID:
        def find() -> UUID:
            with database.transaction() as connection:
                return store.record(connection, site, patient)

        return retrying(find)

    return record_of


def file(event: InstanceStored, prepared: Prepared, batch: Batch) -> None:
    """Make the instance findable. Whether its study is complete is asked later, by the clock."""
    if store.add_content(batch.connection, event, prepared.header, prepared.record):
        batch.touch(event)
    reached("index.content.written")


def settle(event: InstanceTranscoded, _prepared: None, batch: Batch) -> None:
    """Point the instance to what is served for it."""
    if store.add_settlement(batch.connection, event):
        batch.touch(event)
    reached("index.settlement.written")


def register(
    event: PatientRegistered,
    storage: Storage,
    database: Database,
    contacts: Callable[[bytes], list[roster.Contact]] = roster.contacts,
) -> tuple[Event, ...]:
    """Keep whom a roster names, so that they can be written to.

    Raises:
        Malformed: the object is no roster, so ingest should not have said so.

    """
    found = storage.look(event.object.bucket, event.object.key)
    if found is None:
        raise FileNotFoundError
    body = storage.read(event.object.bucket, event.object.key, 0, LARGEST_ROSTER)
    try:
        named = contacts(body)
    except NotARoster as why:
        raise Malformed(why.code) from None
    reached("index.roster.read")
    with database.transaction() as connection:
        store.add_roster(connection, event, named, found.modified_at)
    reached("index.roster.filed")
    return ()


def declare(event: StudyDeclared, database: Database) -> tuple[Event, ...]:
    """Keep how much of a study is to come. Whether it is complete is asked later, by the clock."""

    def keep() -> None:
        with database.transaction() as connection:
            declarations.add(connection, event)

    retrying(keep)
    reached("index.declaration.filed")
    return ()
