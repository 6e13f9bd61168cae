"""Which sites there are: asked anew every few seconds, so that a new one is heard of."""

from threading import Lock
from time import monotonic

from shared.db import Database

FRESH_SECONDS = 2.0
SITES = """
    SELECT site, EXISTS (
        SELECT FROM sites.braked WHERE braked.brake = 'site/' || site.site) AS held
    FROM sites.site
"""


class Sites:
    """The names in `sites.site`, and whom an operator holds, kept for a few seconds."""

    def __init__(self, database: Database, fresh: float = FRESH_SECONDS) -> None:
        """Ask nothing yet."""
        self._database = database
        self._fresh = fresh
        self._lock = Lock()
        self._held: dict[str, bool] = {}
        self._asked = float("-inf")

    def names(self) -> frozenset[str]:
        """Return every site.

        Raises:
            EdgeDown: the database does not answer, and what is kept is no longer fresh.

        """
        return frozenset(self._sites())

    def open(self, site: str) -> bool:
        """Say whether `site` is one of ours, and nobody holds it: else its drops stay."""
        return not self._sites().get(site, True)

    def _sites(self) -> dict[str, bool]:
        """Return of every site whether it is held."""
        with self._lock:
            if monotonic() - self._asked >= self._fresh:
                with self._database.transaction() as connection:
                    rows = connection.execute(SITES).fetchall()
                self._held = {row["site"]: row["held"] for row in rows}
                self._asked = monotonic()
            return self._held
