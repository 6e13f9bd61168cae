"""Streams that are open when a grant ends: cut by time, not by how many bytes are left."""

from collections.abc import Iterator
from threading import Lock
from time import monotonic
from uuid import UUID

from shared.db import Database

FRESH = 0.5  # seconds: who knows less of what was withdrawn sends nothing more by any grant
KEPT = 86_400.0  # seconds; no stream lasts so long

BEGIN = "SELECT position FROM access.ledger_end"
# Whatever was changed: who may go on asks again, and is told so at once.
CHANGED = """
    SELECT position, guest FROM access.ledger LEFT JOIN access.guest USING (grant_id)
    WHERE position > %s ORDER BY position
"""


class Cut(Exception):
    """The grant by which a stream was read has ended; the connection is closed unfinished."""


class Cuts:
    """Whose streams are over; safe to share between threads."""

    def __init__(self) -> None:
        """Begin with nobody's, and with an old view."""
        self._position: int | None = None
        self._seen = 0.0
        self._gone: dict[UUID, float] = {}
        self._guard = Lock()

    def poll(self, database: Database) -> None:
        """Ask which grants were changed since the last time."""
        asked = monotonic()
        with database.transaction() as connection:
            if self._position is None:
                rows = []
                (end,) = connection.execute(BEGIN).fetchall()
                position = end["position"]
            else:
                rows = connection.execute(CHANGED, (self._position,)).fetchall()
                position = rows[-1]["position"] if rows else self._position
        # After the answer: so later than whatever began before the change was committed.
        known = monotonic()
        with self._guard:
            self._gone |= {row["guest"]: known for row in rows if row["guest"]}
            self._gone = {guest: at for guest, at in self._gone.items() if at > known - KEPT}
            self._position, self._seen = position, asked

    def over(self, guest: UUID, since: float) -> bool:
        """Say whether nothing more may be sent of what a guest began to read at `since`."""
        with self._guard:
            cut = self._gone.get(guest, -1.0) >= since
            return cut or monotonic() > self._seen + FRESH

    def flowing(self, guest: UUID | None, since: float, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield pieces for as long as the guest may read; others are not asked.

        `since` is from before the read was decided (`monotonic`).

        Raises:
            Cut: no longer.

        """
        for piece in pieces:
            if guest is not None and self.over(guest, since):
                raise Cut
            yield piece
