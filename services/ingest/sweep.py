"""What a listing of `drop` means: whom to hint first, how far each site is drained. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from services.ingest.arrivals import Dropped, listing, site_of
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

    `pending` counts both lanes, `oldest_pending` is of the live one.
    """

    site: str
    drained_at: datetime
    pending: int
    oldest_pending: datetime | None


def tally(
    listed: Iterable[Found],
    known: frozenset[str],
    fresh: Callable[[str, str], bool],
    room: dict[Lane, int],
) -> dict[str, Waiting]:
    """Return what waits, by site; every known site is in it.

    `fresh` says whether a key's version was hinted a moment ago; `room` is the most hints a lane
    can take, so no site need remember more.
    """
    sites: dict[str, Waiting] = defaultdict(Waiting, {site: Waiting() for site in known})
    for found in listed:
        if found.size == 0 and found.key.endswith("/"):
            continue  # the marker of a folder: no bytes to keep, and no version to remove it by
        site = site_of(found.key)
        if site not in known:
            sites[UNKNOWN].add(found)
            continue
        waiting = sites[site]
        hint = listing.hint(found)
        waiting.add(found, backfill=hint is not None and hint.lane is Lane.BACKFILL)
        if hint is None:
            continue
        if hint.lane is Lane.LIVE:
            waiting.live += 1
            if waiting.live > CROWD:
                hint = hint.model_copy(update={"lane": Lane.BACKFILL})
        hints = waiting.hints[hint.lane]
        if len(hints) < room[hint.lane] and not fresh(hint.key, hint.version):
            hints.append(hint)
    return sites


def admitted(sites: dict[str, Waiting], room: dict[Lane, int]) -> list[Dropped]:
    """Return whom to hint now: the live lane first, in each one of every site in turn."""
    return [
        hint
        for lane in Lane
        for hint in islice(
            in_turn([waiting.hints[lane] for _, waiting in sorted(sites.items())]), room[lane]
        )
    ]


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
            waiting.oldest,
        )
        for site, waiting in sorted(sites.items())
    ]


def crowded(sites: dict[str, Waiting]) -> frozenset[str]:
    """Return the sites whose next objects wait for the sweep, so that others get their turn."""
    return frozenset(site for site, waiting in sites.items() if waiting.live > CROWD)
