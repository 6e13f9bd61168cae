"""The sweep: list the whole drop, hint what waits, write down how far it is drained."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from services.ingest import sweep
from services.ingest.arrivals import BUCKET, Dropped, exchange_key, lane_of
from services.ingest.recent import Recent
from services.ingest.sites import Sites
from shared import metrics
from shared.broker.envelope import outgoing
from shared.broker.publisher import Publisher
from shared.broker.topology import BUCKET_EVENTS
from shared.crashpoint import reached
from shared.db import Connection, Database
from shared.events import Lane
from shared.storage import Found, Storage

LOCK = 0x5C4E5A55  # the number of the advisory lock: one sweeper at a time, anywhere
LIVE, BACKFILL = "ingest.drops.live", "ingest.drops.backfill"
DOWNSTREAM = ("transcode.instances", "index.instances")
LIVE_ROOM = 2000  # hints that may wait in the live lane
BACKFILL_ROOM = 500
SHORT = 200  # messages: a downstream queue that lets backfill go on
AWAKE = 1000  # objects between two signs of life to the database

WRITE = """
    INSERT INTO ingest.watermark (site, drained_at, pending, oldest_pending, listed_at)
    VALUES (%(site)s, %(drained_at)s, %(pending)s, %(oldest_pending)s, %(listed_at)s)
    ON CONFLICT (site) DO UPDATE SET
        (drained_at, pending, oldest_pending, listed_at)
        = (excluded.drained_at, excluded.pending, excluded.oldest_pending, excluded.listed_at)
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

    def check(self) -> None:
        """Raise if ingest could not do its work now."""
        self.sites.names()
        self.storage.look(BUCKET, "readiness")

    def sweep(self) -> None:
        """Do one full listing, unless another sweeper is at it."""
        with self.database.transaction() as connection:
            mine = connection.execute(
                "SELECT pg_try_advisory_xact_lock(%s) AS mine, clock_timestamp() AS began", (LOCK,)
            ).fetchone()
            if mine is None or not mine["mine"]:
                return
            room = rooms(self.depths((LIVE, BACKFILL, *DOWNSTREAM)))
            listed = kept_awake(self.storage.list(BUCKET), connection)
            waiting = sweep.tally(listed, self.sites.names(), self.recent.holds, room)
            marks = sweep.watermarks(waiting, mine["began"])
            rows = [asdict(mark) | {"listed_at": mine["began"]} for mark in marks]
            connection.cursor().executemany(WRITE, rows)
            connection.execute(CLEAR, ([mark.site for mark in marks],))
            reached("ingest.sweep.listed")
            self.hint(sweep.admitted(waiting, room))
            reached("ingest.sweep.hinted")
        reached("ingest.sweep.committed")
        self.crowded = sweep.crowded(waiting)
        for mark in marks:
            metrics.DROP_PENDING.labels(site=mark.site).set(mark.pending)

    def hint(self, hints: Sequence[Dropped]) -> None:
        """Tell `hints`, and remember them."""
        self.tell(hints)
        for each in hints:
            self.recent.add(each.key, each.version)

    def arrived(self, hint: Dropped) -> None:
        """Pass on what a bucket event says, unless it has to wait for its turn in the sweep."""
        waits = lane_of(hint.key) is Lane.BACKFILL or hint.site in self.crowded
        if not waits and self.sites.known(hint.site):
            self.hint([hint])
            reached("ingest.arrival.told")


def rooms(depths: dict[str, int]) -> dict[Lane, int]:
    """Return how many hints each lane can take; backfill only while what follows is short."""
    short = all(depths[queue] < SHORT for queue in (LIVE, *DOWNSTREAM))
    return {
        Lane.LIVE: max(0, LIVE_ROOM - depths[LIVE]),
        Lane.BACKFILL: max(0, BACKFILL_ROOM - depths[BACKFILL]) if short else 0,
    }


def kept_awake(listed: Iterable[Found], connection: Connection) -> Iterator[Found]:
    """Yield what is listed, and keep the transaction from looking idle."""
    for number, found in enumerate(listed, 1):
        if number % AWAKE == 0:
            connection.execute("SELECT 1")
        yield found


def tell(hints: Sequence[Dropped], publisher: Publisher) -> None:
    """Send `hints` into their lanes, pipelined; returns when all are confirmed."""
    publisher.post([outgoing(each, None, BUCKET_EVENTS, exchange_key(each)) for each in hints])
