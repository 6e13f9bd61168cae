"""The access log as portal writes it: opened, and closed with how much was read."""

from collections import Counter
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from uuid import UUID

from shared import metrics, outbox
from shared.db import Connection, Database, Row
from shared.events import AccessLogged

SCHEMA = "access"
WINDOW = timedelta(minutes=15)
for _reader in ("patient", "helper", "guest", "app"):
    metrics.READS.labels(reader=_reader)  # so that the first read is an increase too
AT_ONCE = 200  # readings that are closed in one transaction

OPEN = """
    INSERT INTO access.reading AS r (record, actor_kind, actor, session, action, because, study_uid,
        series_uid, until)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp() + %s)
    ON CONFLICT (session, record, study_uid, series_uid, action, because) WHERE closed_at IS NULL
    DO NOTHING RETURNING reading
"""
# Not locked: `close_ended` may hold the row, and wait for a chain that we hold.
LEFT = """
    SELECT extract(epoch FROM until - clock_timestamp())::float8 AS seconds FROM access.reading
    WHERE session = %s AND record = %s AND study_uid = %s AND series_uid = %s AND action = %s
        AND because = %s AND closed_at IS NULL
"""
APPEND = "SELECT * FROM access.append(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
SITE = "SELECT site FROM catalogue.record WHERE record = %s"
COUNT = """
    UPDATE access.reading SET reads = reads + %s
    WHERE session = %s AND record = %s AND study_uid = %s AND series_uid = %s AND action = %s
        AND because = %s AND closed_at IS NULL
"""
ENDED = """
    UPDATE access.reading SET closed_at = clock_timestamp() WHERE reading IN (
        SELECT reading FROM access.reading WHERE closed_at IS NULL AND until < clock_timestamp()
        ORDER BY until LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Note:
    """One reading, as it is told apart from others for a quarter of an hour."""

    record: UUID
    actor_kind: str
    actor: UUID | None  # None: time, or a service
    session: UUID | None
    action: str
    because: str
    study_uid: str
    series_uid: str


class Logbook:
    """Writes what is opened at once, and counts what is read meanwhile."""

    def __init__(self) -> None:
        """Begin with nothing open. Permission is never remembered here, only that it is logged."""
        self._open: dict[Note, float] = {}  # until when we need not ask whether it is open
        self._told: dict[Note, float] = {}  # the same, of transactions that may not be committed
        self._reads: Counter[Note] = Counter()
        self._guard = Lock()

    def write(self, connection: Connection, note: Note) -> None:
        """Have an entry in the record's log that says it was opened, in this transaction."""
        if self._open.get(note, 0.0) > monotonic():
            return
        seconds = WINDOW.total_seconds()
        while connection.execute(OPEN, (*astuple(note), WINDOW)).fetchone() is None:
            row = connection.execute(LEFT, key(note)).fetchone()
            if row is not None:
                seconds = row["seconds"]
                break
        else:
            action = note.action if note.action == "refused" else f"{note.action}-opened"
            append(connection, note, action, 0)
        with self._guard:
            self._told[note] = monotonic() + seconds

    def written(self, note: Note, reads: int = 1) -> None:
        """Count reads whose transaction is committed; ask no more until their reading ends."""
        with self._guard:
            if (until := self._told.pop(note, None)) is not None:
                self._open[note] = until
            self._reads[note] += reads
        metrics.READS.labels(reader=note.actor_kind).inc(reads)

    def flush(self, database: Database) -> None:
        """Add what was counted to the table; a process that is killed loses a second's counts."""
        with self._guard:
            reads, self._reads = self._reads, Counter()
            self._open = {note: until for note, until in self._open.items() if until > monotonic()}
        with database.transaction() as connection:
            # In one order everywhere, so that nobody waits for each other in a circle.
            for note, count in sorted(reads.items(), key=lambda each: str(each[0])):
                connection.execute(COUNT, (count, *key(note)))


def key(note: Note) -> tuple[object, ...]:
    """Return by what a reading that is open is told apart in the table."""
    return (
        *(note.session, note.record, note.study_uid, note.series_uid, note.action),
        note.because,
    )


def close_ended(database: Database) -> bool:
    """Write an entry for each reading whose time is over; True where there may be more."""
    with database.transaction() as connection:
        ended = connection.execute(ENDED, (AT_ONCE,)).fetchall()
        for row in sorted(ended, key=lambda row: row["record"]):  # as in `Reading.listed`
            if row["action"] != "refused":
                names = Note.__slots__
                note = Note(**{name: row[name] for name in names})
                append(connection, note, f"{note.action}-closed", row["reads"])
    return len(ended) == AT_ONCE


def append(connection: Connection, note: Note, action: str, reads: int) -> Row:
    """Write one entry, and tell it; return it."""
    (entry,) = connection.execute(
        APPEND,
        (
            note.record,
            note.actor_kind,
            note.actor,
            note.session,
            action,
            note.because,
            note.study_uid or None,
            note.series_uid or None,
            reads,
        ),
    ).fetchall()
    place = connection.execute(SITE, (note.record,)).fetchone()
    outbox.put(
        connection,
        SCHEMA,
        AccessLogged(
            site=place["site"] if place else "person",
            record=note.record,
            seq=entry["seq"],
            hash=bytes(entry["hash"]).hex(),
            action=action,
        ),
    )
    return entry


def now(connection: Connection) -> datetime:
    """Return the database's clock: the only one that counts."""
    (row,) = connection.execute("SELECT clock_timestamp() AS now").fetchall()
    found: datetime = row["now"]
    return found
