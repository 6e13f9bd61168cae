"""What a listing of `drop` means: whom to hint first, how far each site is drained. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.ingest.arrivals import BACKFILL, Dropped, lane_of, listing, site_of
from shared.events import Lane
from shared.storage import Found

CROWD = 2000  # objects a site may have waiting before its surplus waits behind the others
BACKLOG = 1000  # hints of what may wait, by site: enough until the next listing
LEAST, MOST = 10, 500  # hints of backfill that are sent at once
UNKNOWN = "?"  # in the table of watermarks: what lies under no site of ours
MARGIN = timedelta(seconds=1)  # Last-Modified has whole seconds


@dataclass(slots=True)
class Waiting:
    """What one site has in `drop`; hints only as many as may be sent."""

    pending: int = 0
    more: bool = False  # the rest of an old archive was not listed
    live: int = 0
    oldest: datetime | None = None
    hints: dict[Lane, list[Dropped]] = field(default_factory=lambda: {lane: [] for lane in Lane})

    def add(self, found: Found, *, backfill: bool = False) -> None:
        """Count one object; an old archive waiting its turn does not hold today's studies back."""
        self.pending += 1
        if not backfill and (self.oldest is None or found.modified_at < self.oldest):
            self.oldest = found.modified_at


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything dropped live at `site` before `drained_at` has its receipt.

    `pending` counts both lanes, and there is `more` of an old archive; `oldest_pending` is of the
    live lane.
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
        hint = listing.hint(found)
        waiting.add(found, backfill=hint is not None and hint.lane is Lane.BACKFILL)
        if hint is None:
            return
        if hint.lane is Lane.LIVE:
            waiting.live += 1
            if waiting.live > CROWD:
                hint = hint.model_copy(update={"lane": Lane.BACKFILL})
        hints = waiting.hints[hint.lane]
        if len(hints) < self._room[hint.lane] and not self._fresh(hint.key, hint.version):
            hints.append(hint)

    def rest(self, key: str) -> str | None:
        """Return where to go on listing, where the rest of the archive that `key` is in may wait.

        A listing of ten years of files takes minutes, and today's studies wait for its end.
        """
        site = site_of(key)
        if site not in self._known or lane_of(key) is Lane.LIVE:
            return None
        waiting = self.sites[site]
        if len(waiting.hints[Lane.BACKFILL]) < BACKLOG:
            return None
        waiting.more = True
        return f"{site}/{BACKFILL}/\U0010ffff"  # the last of all characters


def admitted(sites: dict[str, Waiting], lane: Lane) -> Iterator[Dropped]:
    """Yield whom to hint in a lane: one of every site in turn."""
    return in_turn([waiting.hints[lane] for _, waiting in sorted(sites.items())])


def paced(burst: int, *, short: bool) -> int:
    """Return how much backfill to let go at once, after `burst` found what follows short or not.

    It grows only while the last burst was gone by the next look. So whatever comes live waits
    behind about as much as is done between two looks, however fast the services are.
    """
    return min(2 * burst, MOST) if short else max(burst // 2, LEAST)


def in_turn(queues: Iterable[list[Dropped]]) -> Iterator[Dropped]:
    """Yield one of each queue, then the next of each, until all are empty."""
    iterators = [iter(queue) for queue in queues]
    while iterators:
        left = []
        for each in iterators:
            hint = next(each, None)
            if hint is not None:
                yield hint
                left.append(each)
        iterators = left


def watermarks(sites: dict[str, Waiting], began: datetime) -> list[Watermark]:
    """Return how far each site is drained, if the listing began at `began`."""
    return [
        Watermark(
            site,
            min(began, waiting.oldest - MARGIN) if waiting.oldest else began,
            waiting.pending,
            waiting.more,
            waiting.oldest,
        )
        for site, waiting in sorted(sites.items())
    ]


def crowded(sites: dict[str, Waiting]) -> frozenset[str]:
    """Return the sites whose next objects wait for the sweep, so that others get their turn."""
    return frozenset(site for site, waiting in sites.items() if waiting.live > CROWD)
