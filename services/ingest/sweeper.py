"""The sweep: list the drop, hint what waits, write down how far it is drained."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice

from services.ingest import sweep
from services.ingest.archives import FEW, LEAST, Archive, folder, on_the_way, paced
from services.ingest.arrivals import BUCKET, Dropped, exchange_key, lane_of
from services.ingest.recent import Recent
from services.ingest.sites import Sites
from shared import metrics
from shared.broker.envelope import outgoing
from shared.broker.publisher import Publisher
from shared.broker.topology import BUCKET_EVENTS
from shared.brought import label
from shared.crashpoint import reached
from shared.db import Connection, Database
from shared.events import Lane
from shared.storage import Found, Storage

LOCK = 0x5C4E5A55  # the number of the advisory lock: one sweeper at a time, anywhere
LIVE, BACKFILL = "ingest.drops.live", "ingest.drops.backfill"
DOWNSTREAM = ("transcode.instances", "index.instances")
LIVE_ROOM = 2000  # hints that may wait in the live lane
FOLDERS = 100  # that are listed one by one
LAST = "\U0010ffff"  # of all characters
SHORT = 20  # messages: a queue that lets backfill go on
AWAKE = 1000  # objects between two signs of life to the database

WRITE = """
    INSERT INTO ingest.watermark (site, drained_at, pending, more, oldest_pending, listed_at)
    VALUES (%(site)s, %(drained_at)s, %(pending)s, %(more)s, %(oldest_pending)s, %(listed_at)s)
    ON CONFLICT (site) DO UPDATE SET
        (drained_at, pending, more, oldest_pending, listed_at) = (excluded.drained_at,
            excluded.pending, excluded.more, excluded.oldest_pending, excluded.listed_at)
"""
# Of sites that are no more, and of unknown ones when there are none any longer.
CLEAR = "DELETE FROM ingest.watermark WHERE site <> ALL (%s)"


@dataclass(slots=True)
class Sweeper:
    """The edges of the sweep. `tell` returns once all hints are confirmed."""

    database: Database
    storage: Storage
    sites: Sites
    recent: Recent
    depths: Callable[[Iterable[str]], dict[str, int]]
    tell: Callable[[Sequence[Dropped]], None]
    crowded: frozenset[str] = field(default_factory=frozenset)
    surplus: dict[str, deque[Dropped]] = field(default_factory=dict)  # of crowds
    archives: dict[str, Archive] = field(default_factory=dict)
    burst: int = LEAST

    def check(self) -> None:
        """Raise if ingest could not do its work now."""
        self.sites.names()
        self.storage.look(BUCKET, "readiness")

    def sweep(self) -> None:
        """Do one listing, unless another sweeper is at it."""
        with self.database.transaction() as connection:
            mine = connection.execute(
                "SELECT pg_try_advisory_xact_lock(%s) AS mine, clock_timestamp() AS began", (LOCK,)
            ).fetchone()
            if mine is None or not mine["mine"]:
                return
            room = max(0, LIVE_ROOM - self.depths((LIVE,))[LIVE])
            tally = sweep.Tally(self.sites.names(), self.recent.holds, room)
            for found in kept_awake(needed(self.storage, self.archives), connection):
                tally.add(found)
            waiting = tally.sites
            marks = sweep.watermarks(waiting, self.archives, mine["began"])
            rows = [asdict(mark) | {"listed_at": mine["began"]} for mark in marks]
            connection.cursor().executemany(WRITE, rows)
            connection.execute(CLEAR, ([mark.site for mark in marks],))
            reached("ingest.sweep.listed")
            self.hint(list(islice(hints(waiting, Lane.LIVE), room)))
            reached("ingest.sweep.hinted")
        reached("ingest.sweep.committed")
        self.surplus = {site: each.hints[Lane.BACKFILL] for site, each in waiting.items()}
        self.crowded = sweep.crowded(waiting)
        pending = Counter({label(mark.site): 0 for mark in marks})
        for mark in marks:
            pending[label(mark.site)] += mark.pending
        for site, count in pending.items():
            metrics.DROP_PENDING.labels(site=site).set(count)
        self.read([site for site, each in waiting.items() if each.archive])

    def read(self, found: Iterable[str]) -> None:
        """Read on in the archives that are known and in those `found`; forget the empty ones.

        After the watermarks are written: reading ten years of files takes its time.
        """
        for site in sorted({*found, *self.archives}):
            archive = self.archives.setdefault(site, Archive())
            if archive.low:
                listed = self.storage.list(BUCKET, folder(site), archive.after)
                archive.read(listed, self.recent.holds)
        self.archives = {site: each for site, each in self.archives.items() if not each.empty}

    def admit(self) -> None:
        """Let some backfill go, where nothing live would wait long behind it."""
        archives = [each.waiting for each in self.archives.values()]
        if not any(queues := [*archives, *self.surplus.values()]):
            return
        free = self.free()
        self.burst = paced(self.burst, free=free)
        if free:
            some = islice(sweep.in_turn(queues), self.burst)
            self.hint([each for each in some if not self.recent.holds(each.key, each.version)])

    def free(self) -> bool:
        """Say whether the last burst has come through, and nothing else waits for long."""
        depths = self.depths((LIVE, BACKFILL, *DOWNSTREAM))
        if any(depth >= SHORT for depth in depths.values()):
            return False
        with self.database.transaction() as connection:
            return depths[BACKFILL] + on_the_way(connection) <= FEW

    def hint(self, hints: Sequence[Dropped]) -> None:
        """Tell `hints`, and remember them; not of sites that are held by hand."""
        told = [each for each in hints if self.sites.open(each.site)]
        self.tell(told)
        for each in told:
            self.recent.add(each.key, each.version)

    def arrived(self, hint: Dropped) -> None:
        """Pass on what a bucket event says, unless it has to wait for its turn in the sweep."""
        waits = lane_of(hint.key) is Lane.BACKFILL or hint.site in self.crowded
        if not waits and self.sites.open(hint.site):
            self.hint([hint])
            reached("ingest.arrival.told")


def hints(waiting: Mapping[str, sweep.Waiting], lane: Lane) -> Iterator[Dropped]:
    """Take the hints of a lane: one of every site in turn."""
    return sweep.in_turn([each.hints[lane] for _, each in sorted(waiting.items())])


def needed(storage: Storage, archives: Collection[str]) -> Iterator[Found]:
    """Yield what lies in the drop, but nothing of the `archives` that are known.

    Of one that is not known yet the first object is yielded, and the rest is passed over. Folder
    by folder only where there are archives: else a page has a thousand objects of any folder.
    """
    if not archives:
        yield from passing(storage, "")
        return
    objects, folders = storage.level(BUCKET)
    yield from objects
    for each in folders:
        if each.removesuffix("/") in archives:
            yield from beside(storage, each)
        else:
            yield from passing(storage, each)


def beside(storage: Storage, site: str) -> Iterator[Found]:
    """Yield what lies in a site's folder beside its archive."""
    objects, folders = storage.level(BUCKET, site)
    if len(folders) > FOLDERS:
        yield from passing(storage, site)
        return
    yield from objects
    for each in folders:
        if lane_of(each) is Lane.LIVE:
            yield from storage.list(BUCKET, each)


def passing(storage: Storage, prefix: str) -> Iterator[Found]:
    """Yield what lies under `prefix`, of each archive only the first."""
    after: str | None = ""
    while after is not None:
        start, after = after, None
        for found in storage.list(BUCKET, prefix, start):
            yield found
            if lane_of(found.key) is Lane.BACKFILL:
                # A key may begin with that character too: then go on behind that one.
                after = max(folder(found.key.partition("/")[0]) + LAST, found.key)
                break


def kept_awake(listed: Iterable[Found], connection: Connection) -> Iterator[Found]:
    """Yield what is listed, and keep the transaction from looking idle."""
    for number, found in enumerate(listed, 1):
        if number % AWAKE == 0:
            connection.execute("SELECT 1")
        yield found


def tell(hints: Sequence[Dropped], publisher: Publisher) -> None:
    """Send `hints` into their lanes, pipelined; returns when all are confirmed."""
    publisher.post([outgoing(each, None, BUCKET_EVENTS, exchange_key(each)) for each in hints])
