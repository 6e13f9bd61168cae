"""What became of what was dropped, as the database tells it."""

import time
from dataclasses import dataclass
from typing import Any

import psycopg

DEADLINE = 300.0  # seconds
LOOK = 0.5  # seconds between two looks, which cost the run a little

SETTLED = """
SELECT count(*), extract(epoch FROM max(greatest(c.filed_at, s.settled_at))),
       extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (
           ORDER BY greatest(c.filed_at, s.settled_at)))
FROM catalogue.content c JOIN catalogue.settlement s USING (site, sop_uid, sha256)
WHERE c.site = %s
"""
AVAILABLE = """
SELECT count(*) FILTER (WHERE state = 'available'),
       extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY available_at))
FROM catalogue.study JOIN catalogue.content USING (site, study_uid) WHERE site = %s
"""
SITE = """
INSERT INTO sites.site (site, title, help_phone, quiet_seconds) VALUES (%s, %s, '+0', %s)
ON CONFLICT (site) DO UPDATE SET quiet_seconds = excluded.quiet_seconds
"""


TOLD = """
SELECT outcome, reason, key FROM catalogue.settlement WHERE site = %s AND sha256 = %s
"""


@dataclass(frozen=True)
class Told:
    """What became of one content; `key` is of what is served of it."""

    outcome: str
    reason: str | None
    key: str


@dataclass(frozen=True)
class Outcome:
    """Times of the database's clock, in seconds since 1970."""

    settled: float  # the last instance: filed, and its copy told
    settled_p95: float
    available_p95: float  # over the instances, by when their study was


class Catalogue:
    """The database, as its owner sees it."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self._connection = psycopg.connect(url, autocommit=True)

    def add_site(self, site: str, quiet: float) -> None:
        """Let `site` drop; its studies are complete after `quiet` seconds."""
        self._connection.execute(SITE, (site, site, quiet))

    def outcome(self, site: str, instances: int, deadline: float = DEADLINE) -> Outcome:
        """Return once every instance is settled and its study is available, in `deadline` seconds.

        Raises:
            TimeoutError: that takes too long.

        """
        latest = time.monotonic() + deadline
        while time.monotonic() < latest:
            settled, last, p95 = self._row(SETTLED, site)
            if settled == instances:
                available, at = self._row(AVAILABLE, site)
                if available == instances:
                    return Outcome(float(last), float(p95), float(at))
            time.sleep(LOOK)
        msg = f"{self._row(SETTLED, site)[0]} of {instances} instances are settled"
        raise TimeoutError(msg)

    def told(self, site: str, sha256: str) -> Told:
        """Return what became of a content that is settled."""
        return Told(*self._row(TOLD, site, sha256))

    def _row(self, query: str, *arguments: str) -> tuple[Any, ...]:
        row = self._connection.execute(query, arguments).fetchone()
        return row or (0, 0.0, 0.0)

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
