"""Which sites there are: asked anew every few seconds, so that a new one is heard of."""

from threading import Lock
from time import monotonic

from shared.db import Database

FRESH_SECONDS = 2.0


class Sites:
    """The names in `sites.site`, kept for a few seconds."""

    def __init__(self, database: Database, fresh: float = FRESH_SECONDS) -> None:
        """Ask nothing yet."""
        self._database = database
        self._fresh = fresh
        self._lock = Lock()
        self._names: frozenset[str] = frozenset()
        self._asked = float("-inf")

    def names(self) -> frozenset[str]:
        """Return every site.

        Raises:
            EdgeDown: the database does not answer, and what is kept is no longer fresh.

        """
        with self._lock:
            if monotonic() - self._asked >= self._fresh:
                with self._database.transaction() as connection:
                    rows = connection.execute("SELECT site FROM sites.site").fetchall()
                self._names = frozenset(row["site"] for row in rows)
                self._asked = monotonic()
            return self._names

    def known(self, site: str) -> bool:
        """Say whether `site` is one of ours."""
        return site in self.names()
