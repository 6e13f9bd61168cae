"""What a listing of `drop` means: whom to hint first, how far each site is drained. Pure."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.ingest.archives import BACKLOG, Archive
from services.ingest.arrivals import Dropped, lane_of, listing, site_of
from shared.events import Lane
from shared.storage import Found

CROWD = 2000  # objects a site may have waiting before its surplus waits behind the others
UNKNOWN = "?"  # in the table of watermarks: what lies under no site of ours
MARGIN = timedelta(seconds=1)  # Last-Modified has whole seconds


@dataclass(slots=True)
class Waiting:
    """What one site has in `drop`; hints only as many as may be sent."""

    pending: int = 0
    live: int = 0
    archive: bool = False  # there is one, which is read by itself
    oldest: datetime | None = None
    hints: dict[Lane, deque[Dropped]] = field(
        default_factory=lambda: {lane: deque() for lane in Lane}
    )

    def add(self, found: Found) -> None:
        """Count one object."""
        self.pending += 1
        if self.oldest is None or found.modified_at < self.oldest:
            self.oldest = found.modified_at


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything dropped live at `site` before `drained_at` has its receipt.

    `pending` counts both lanes, and there is `more` of an old archive; `oldest_pending` is of the
    live lane: an old archive that waits its turn holds none of today's studies back.
    """

    site: str
    drained_at: datetime
    pending: int
    more: bool
    oldest_pending: datetime | None


class Tally:
    """What waits, by site, counted while it is listed; every known site is in it.

    `fresh` says whether a key's version was hinted a moment ago; `room` is the most hints the live
    lane can take, so no site need remember more.
    """

    def __init__(self, known: frozenset[str], fresh: Callable[[str, str], bool], room: int) -> None:
        """Begin with nothing."""
        self.sites: dict[str, Waiting] = defaultdict(Waiting, {site: Waiting() for site in known})
        self._known, self._fresh = known, fresh
        self._room = {Lane.LIVE: room, Lane.BACKFILL: BACKLOG}

    def add(self, found: Found) -> None:
        """Count one object, and keep its hint where that may be sent before the next listing."""
        if found.size == 0 and found.key.endswith("/"):
            return  # the marker of a folder: no bytes to keep, and no version to remove it by
        site = site_of(found.key)
        if site not in self._known:
            self.sites[UNKNOWN].add(found)
            return
        waiting = self.sites[site]
        if lane_of(found.key) is Lane.BACKFILL:
            waiting.archive = True
            return
        waiting.add(found)
        hint = listing.hint(found)
        if hint is None:
            return
        waiting.live += 1
        if waiting.live > CROWD:
            hint = hint.model_copy(update={"lane": Lane.BACKFILL})
        hints = waiting.hints[hint.lane]
        if len(hints) < self._room[hint.lane] and not self._fresh(hint.key, hint.version):
            hints.append(hint)


def in_turn(queues: Iterable[deque[Dropped]]) -> Iterator[Dropped]:
    """Take one of each queue, then the next of each, until all are empty or nobody asks."""
    turns = deque(queue for queue in queues if queue)
    while turns:
        queue = turns.popleft()
        yield queue.popleft()
        if queue:
            turns.append(queue)


def watermarks(
    sites: Mapping[str, Waiting], archives: Mapping[str, Archive], began: datetime
) -> list[Watermark]:
    """Return how far each site is drained, if the listing began at `began`."""
    unread = Archive(through=False)
    marks = []
    for site, waiting in sorted(sites.items()):
        archive = archives.get(site, unread if waiting.archive else Archive())
        drained = min(began, waiting.oldest - MARGIN) if waiting.oldest else began
        pending = waiting.pending + archive.counted
        marks.append(Watermark(site, drained, pending, not archive.through, waiting.oldest))
    return marks


def crowded(sites: dict[str, Waiting]) -> frozenset[str]:
    """Return the sites whose next objects wait for the sweep, so that others get their turn."""
    return frozenset(site for site, waiting in sites.items() if waiting.live > CROWD)
