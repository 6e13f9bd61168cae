"""How far the dropped files have come: asked of the servers, shown while it changes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from threading import Event, Thread

from rich.console import Console
from rich.live import Live
from rich.table import Table

from shared.db import Database
from shared.errors import EdgeDown

POLL = 0.25  # seconds between two looks
PLAIN = 2.0  # seconds between two lines where no terminal shows them


class NotDone(Exception):
    """What was dropped has not arrived in time; the text says how far it has come."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Where things are."""

    pending: int = 0  # objects in the drop, not in a receipt yet
    archived: int = 0
    quarantined: int = 0
    filed: int = 0
    settled: int = 0
    recoded: int = 0
    studies: int = 0
    arriving: int = 0
    to_tell: int = 0  # studies released, and nobody told or found unreachable
    letters: int = 0
    texts: int = 0
    owed: int = 0
    untold: int = 0  # events in an outbox

    def done(self) -> bool:
        """Say whether nothing is on its way any more."""
        on_the_way = self.pending + self.arriving + self.to_tell + self.untold
        return self.archived == self.filed == self.settled and not on_the_way


LOOK = """
SELECT
  (SELECT count(*) FROM (SELECT DISTINCT site, sop_uid, sha256 FROM ingest.receipt
      WHERE kind = 'instance') AS one) AS archived,
  (SELECT count(*) FROM ingest.quarantine) AS quarantined,
  (SELECT count(*) FROM catalogue.content) AS filed,
  (SELECT count(*) FROM catalogue.settlement) AS settled,
  (SELECT count(*) FROM catalogue.settlement WHERE outcome = 'transcoded') AS recoded,
  (SELECT count(*) FROM catalogue.study) AS studies,
  (SELECT count(*) FROM catalogue.study WHERE state = 'arriving' OR due_at IS NOT NULL) AS arriving,
  (SELECT count(*) FROM catalogue.study LEFT JOIN notify.delivery USING (site, study_uid, record)
      WHERE study.record IS NOT NULL AND delivery.state IS DISTINCT FROM 'sent'
      AND delivery.state IS DISTINCT FROM 'owed') AS to_tell,
  (SELECT count(*) FROM notify.delivery WHERE state = 'sent' AND channel = 'email') AS letters,
  (SELECT count(*) FROM notify.delivery WHERE state = 'sent' AND channel = 'sms') AS texts,
  (SELECT count(*) FROM notify.delivery WHERE state = 'owed') AS owed,
  (SELECT count(*) FROM catalogue.outbox WHERE sent_at IS NULL)
      + (SELECT count(*) FROM notify.outbox WHERE sent_at IS NULL) AS untold
"""


def look(database: Database, pending: Callable[[], int]) -> Counts:
    """Return where things are now; `pending` counts the objects in the drop.

    Raises:
        EdgeDown: a server does not answer at this moment.

    """
    left = pending()  # first: what leaves the drop later has its receipt in the answer below
    with database.transaction() as connection:
        row = connection.execute(LOOK).fetchone()
    return Counts(pending=left, **(row or {}))


LINES = (
    ("in the drop", lambda c: c.pending),
    ("archived", lambda c: c.archived),
    ("quarantined", lambda c: c.quarantined),
    ("fast copies", lambda c: f"{c.recoded} (of {c.settled} looked at)"),
    ("studies available", lambda c: f"{c.studies - c.arriving} of {c.studies}"),
    ("letters", lambda c: c.letters),
    ("text messages", lambda c: c.texts),
)


def drawn(counts: Counts) -> Table:
    """Return the counts as a table for a terminal."""
    table = Table.grid(padding=(0, 2))
    for label, value in LINES:
        table.add_row(label, str(value(counts)))
    return table


def plain(counts: Counts) -> str:
    """Return the counts as one line."""
    return "  ".join(f"{label}: {value(counts)}" for label, value in LINES)


class Progress:
    """Looks again and again on a thread of its own, and shows what it sees."""

    def __init__(self, look: Callable[[], Counts], console: Console) -> None:
        """Show on `console`: live where it is a terminal, a line now and then where it is not."""
        self._look, self._console = look, console
        self._stop = Event()
        self.counts = Counts()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show until the block ends."""
        thread = Thread(target=self._live if self._console.is_terminal else self._lines)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def wait(self, seconds: float) -> Counts:
        """Return the counts once nothing is on its way any more.

        Raises:
            NotDone: something still is.

        """
        deadline = time.monotonic() + seconds
        while True:
            counts = self._seen()
            if counts.done():
                return counts
            if time.monotonic() > deadline:
                told = ", ".join(
                    f"{each.name} {getattr(counts, each.name)}" for each in fields(counts)
                )
                raise NotDone(told)
            time.sleep(POLL)

    def _seen(self) -> Counts:
        try:
            self.counts = self._look()
        except EdgeDown:
            return Counts(pending=1)  # a server is coming back: nobody knows, so it is not done
        return self.counts

    def _live(self) -> None:
        with Live(drawn(self.counts), console=self._console) as live:
            while not self._stop.wait(POLL):
                live.update(drawn(self._seen()))
            live.update(drawn(self._seen()))

    def _lines(self) -> None:
        said = ""
        while True:
            stopped = self._stop.wait(PLAIN)
            line = plain(self._seen())
            if line != said:
                self._console.print(line, soft_wrap=True)
                said = line
            if stopped:
                return
