"""Old archives in the drop: read a part at a time, and let go where nothing live waits behind."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.ingest.arrivals import BACKFILL, Dropped, listing
from shared.db import Connection
from shared.storage import Found

BACKLOG = 1000  # hints kept of each archive; half of it gone, more is read
LEAST, MOST = 2, 500  # hints that are sent at once
FEW = 4  # objects on their way that count as none


def folder(site: str) -> str:
    """Return where a site's archive lies in the drop."""
    return f"{site}/{BACKFILL}/"


@dataclass(slots=True)
class Archive:
    """How far one site's archive was read; from its beginning again when it was read through."""

    after: str = ""  # the last key that was read
    waiting: deque[Dropped] = field(default_factory=deque)
    counted: int = 0  # objects in this reading, or in the last when it came to the end
    through: bool = True

    @property
    def low(self) -> bool:
        """Say whether it is time to read on."""
        return len(self.waiting) < BACKLOG // 2

    @property
    def empty(self) -> bool:
        """Say whether nothing was there when it was last read."""
        return self.through and not self.counted

    def read(self, listed: Iterable[Found], fresh: Callable[[str, str], bool]) -> None:
        """Take hints from what lies behind `after`; `fresh` are those hinted a moment ago."""
        if self.through:
            self.counted, self.through = 0, False
        for found in listed:
            self.counted += 1
            self.after = found.key
            hint = listing.hint(found)
            if hint is not None and not fresh(hint.key, hint.version):
                self.waiting.append(hint)
            if len(self.waiting) >= BACKLOG:
                return
        self.after, self.through = "", True


# Queues do not tell what a service holds in its hands. What has not come through after two minutes
# is stuck somewhere, and others are waited for no longer.
ON_THE_WAY = """
    SELECT count(*) AS objects FROM ingest.receipt AS r
    WHERE filed_at IS NULL AND lane = 'backfill' AND kind = 'instance'
        AND received_at > clock_timestamp() - interval '2 minutes'
        AND NOT EXISTS (SELECT FROM catalogue.settled AS s
            WHERE (s.site, s.sop_uid, s.sha256) = (r.site, r.sop_uid, r.sha256))
"""


def on_the_way(connection: Connection) -> int:
    """Return how many instances of archives have their receipt and no settled row yet."""
    (found,) = connection.execute(ON_THE_WAY).fetchall()
    return int(found["objects"])


def paced(burst: int, *, free: bool) -> int:
    """Return how much to let go at once, after `burst` found the way free or not.

    It grows only while the last burst had come through by the next look. So whatever comes live
    waits behind about as much as is done between two looks, however fast the services are.
    """
    return min(2 * burst, MOST) if free else max(burst // 2, LEAST)
