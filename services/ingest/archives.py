"""Old archives in the drop: read a part at a time, and let go where nothing live waits behind."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.ingest.arrivals import BACKFILL, Dropped, listing
from shared.storage import Found

BACKLOG = 1000  # hints kept of each archive; half of it gone, more is read
LEAST, MOST = 10, 500  # hints that are sent at once


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


def paced(burst: int, *, short: bool) -> int:
    """Return how much to let go at once, after `burst` found the queues behind it short or not.

    It grows only while the last burst was gone by the next look. So whatever comes live waits
    behind about as much as is done between two looks, however fast the services are.
    """
    return min(2 * burst, MOST) if short else max(burst // 2, LEAST)
