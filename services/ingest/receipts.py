"""Receipts: the guarantee. Many threads hand them in, one commits them together, all wait."""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeAlias

from services.ingest.content import Content
from shared.crashpoint import reached
from shared.db import Connection, Database, Jsonb, Refused, Row, retrying
from shared.errors import EdgeDown
from shared.events import (
    Event,
    InstanceStored,
    Lane,
    ObjectQuarantined,
    ObjectUnpacked,
    PatientRegistered,
    StoredObject,
    StudyDeclared,
)
from shared.reference import reference

AT_ONCE = 200  # receipts a transaction
PATIENCE = 120.0  # seconds; longer than every timeout of the database's own
DOOR = "bucket"
KINDS: dict[type[Event], str] = {
    InstanceStored: "instance",
    PatientRegistered: "roster",
    StudyDeclared: "declaration",
    ObjectUnpacked: "archive",
    ObjectQuarantined: "quarantined",
}
EVENTS = {each.routing_key: each for each in KINDS}


@dataclass(frozen=True, slots=True)
class Receipt:
    """That one dropped version is safe, and the event that tells it.

    `event` makes the event from the time of receipt, which is the database's to say.
    """

    site: str
    drop_digest: str
    drop_version: str
    content: Content
    stored: StoredObject
    lane: Lane
    dropped_at: datetime
    event: Callable[[datetime], Event]


# The first receipt of a drop stands: a redelivery gets its event back.
WRITE = """
    INSERT INTO ingest.receipt (
        site, drop_digest, drop_version, kind, sha256, crc32, size, bucket, key, study_uid,
        series_uid, sop_uid, door, lane, dropped_at, received_at, event_type, event, reference
    ) VALUES (
        %(site)s, %(drop_digest)s, %(drop_version)s, %(kind)s, %(sha256)s, %(crc32)s, %(size)s,
        %(bucket)s, %(key)s, %(study_uid)s, %(series_uid)s, %(sop_uid)s, %(door)s, %(lane)s,
        %(dropped_at)s, %(received_at)s, %(event_type)s, %(event)s, %(reference)s
    )
    ON CONFLICT (site, drop_digest, drop_version) DO UPDATE SET reference = receipt.reference
    RETURNING event_type, event
"""
QUARANTINE = """
    INSERT INTO ingest.quarantine (site, sha256, drop_digest, key, size, reason, reference)
    VALUES (%(site)s, %(sha256)s, %(drop_digest)s, %(key)s, %(size)s, %(reason)s, %(reference)s)
    ON CONFLICT DO NOTHING
"""
RECEIVED = """
    SELECT DISTINCT drop_digest FROM ingest.receipt WHERE site = %s AND drop_digest = ANY (%s)
"""

Waiting: TypeAlias = tuple[Receipt, "Future[Event]"]


class Receipts:
    """The table, behind one thread that commits for all."""

    def __init__(self, database: Database) -> None:
        """Start the thread with the first receipt."""
        self._database = database
        self._waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def write(self, receipt: Receipt) -> Event:
        """Return the event to tell, once the receipt is committed. Again is harmless.

        Raises:
            EdgeDown: the database does not answer.

        """
        told: Future[Event] = Future()
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="receipts", daemon=True)
                self._thread.start()
        self._waiting.put((receipt, told))
        try:
            return told.result(PATIENCE)
        except TimeoutError:
            edge = "database"
            raise EdgeDown(edge) from None

    def received(self, site: str, digests: Collection[str]) -> frozenset[str]:
        """Return which of these drop digests have a receipt, of whatever version."""
        with self._database.transaction() as connection:
            rows = connection.execute(RECEIVED, (site, list(digests))).fetchall()
        return frozenset(row["drop_digest"] for row in rows)

    def close(self) -> None:
        """End the thread, after what was handed in."""
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        while batch := self._taken():
            self._commit(batch)

    def _taken(self) -> list[Waiting]:
        """Wait for one receipt, and take along all that came meanwhile; none at the end."""
        batch = []
        first = self._waiting.get()
        while first is not None:
            batch.append(first)
            if len(batch) == AT_ONCE:
                break
            with suppress(Empty):
                first = self._waiting.get_nowait()
                if first is None:
                    self._waiting.put(None)
                continue
            break
        return batch

    def _commit(self, batch: list[Waiting]) -> None:
        """Write all in one transaction; where one is refused, each in its own."""
        try:
            events = retrying(lambda: self._written([receipt for receipt, _ in batch]))
        except Refused as no:
            if len(batch) > 1:
                for each in batch:
                    self._commit([each])
            else:
                batch[0][1].set_exception(no)
        except Exception as error:  # noqa: BLE001  whatever it is belongs to who waits
            for _, told in batch:
                told.set_exception(error)
        else:
            reached("ingest.receipts.committed")
            for (_, told), event in zip(batch, events, strict=True):
                told.set_result(event)

    def _written(self, receipts: list[Receipt]) -> list[Event]:
        with self._database.transaction() as connection:
            return written(connection, receipts)


def written(connection: Connection, receipts: list[Receipt]) -> list[Event]:
    """Write `receipts` inside a transaction, and return the event of each."""
    (clock,) = connection.execute("SELECT clock_timestamp() AS now").fetchall()
    now: datetime = clock["now"]
    rows = [row(receipt, receipt.event(now), now) for receipt in receipts]
    cursor = connection.cursor()
    cursor.executemany(WRITE, rows, returning=True)
    stood = []
    while True:
        stood += cursor.fetchall()
        if not cursor.nextset():
            break
    refused = [quarantined(row) for row in rows if row["kind"] == "quarantined"]
    if refused:
        cursor.executemany(QUARANTINE, refused)
    reached("ingest.receipts.inserted")
    return [EVENTS[each["event_type"]].model_validate(each["event"]) for each in stood]


def quarantined(receipt: Row) -> Row:
    """Return a receipt's columns as those of the quarantine."""
    entity = receipt["sha256"] + receipt["drop_digest"]
    return receipt | {"reference": reference("quarantine", receipt["site"], entity)}


def row(receipt: Receipt, event: Event, now: datetime) -> Row:
    """Return a receipt as the table's columns."""
    instance = event if isinstance(event, InstanceStored) else None
    of_study = event if isinstance(event, InstanceStored | StudyDeclared) else None
    return {
        "site": receipt.site,
        "drop_digest": receipt.drop_digest,
        "drop_version": receipt.drop_version,
        "kind": KINDS[type(event)],
        "sha256": receipt.content.sha256,
        "crc32": receipt.content.crc32,
        "size": receipt.content.size,
        "bucket": receipt.stored.bucket,
        "key": receipt.stored.key,
        "study_uid": of_study and of_study.study_uid,
        "series_uid": instance and instance.series_uid,
        "sop_uid": instance and instance.sop_uid,
        "door": DOOR,
        "lane": receipt.lane,
        "dropped_at": receipt.dropped_at,
        "received_at": now,
        "event_type": event.routing_key,
        "event": Jsonb(event.model_dump(mode="json")),
        "reason": event.reason if isinstance(event, ObjectQuarantined) else None,
        "reference": reference("receipt", receipt.site, receipt.drop_digest + receipt.drop_version),
    }
