"""What an operator holds by hand, asked anew every few seconds."""

from threading import Lock
from time import monotonic

from shared.db import Database

FRESH = 2.0  # seconds
HELD = "SELECT brake FROM sites.braked"


class Brakes:
    """What is held, asked anew every few seconds."""

    def __init__(self, database: Database, fresh: float = FRESH) -> None:
        """Ask nothing yet."""
        self._database, self.fresh = database, fresh
        self._lock = Lock()
        self._held: frozenset[str] = frozenset()
        self._asked = float("-inf")

    def held(self) -> frozenset[str]:
        """Return the brakes that are pulled.

        Raises:
            EdgeDown: the database does not answer.

        """
        with self._lock:
            if monotonic() - self._asked >= self.fresh:
                with self._database.transaction() as connection:
                    rows = connection.execute(HELD).fetchall()
                self._held = frozenset(row["brake"] for row in rows)
                self._asked = monotonic()
            return self._held
