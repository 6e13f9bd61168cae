"""The one table of exchanges, queues and policies. Pure.

RabbitMQ applies one policy a queue, so each queue has one that holds all its tunables.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tunables: TypeAlias = dict[str, str | int]

EVENTS = "scanpass.events"
BUCKET_EVENTS = "s3.events"  # raw: hospitals put names into keys, so the journal never sees it
# Where object stores tell their own events, in their own words. MinIO declares it anew each time
# it speaks, so kind and durability must be what it is configured with; a fanout needs no routing
# key, which every store chooses in its own way.
ARRIVALS = "scanpass.arrivals"
DEAD = "scanpass.dead"
JOURNAL = "journal"
# After the first failure, the second, …; the one after the last tier is the end of patience.
TIERS = {"wait.10s": 10_000, "wait.1m": 60_000, "wait.10m": 600_000, "wait.1h": 3_600_000}
TRIES = len(TIERS) + 1

DAY = 86_400_000  # milliseconds
# The services count tries themselves; this is for what kills them before they can count.
DELIVERY_LIMIT = 20
# Looking at a dead letter is a delivery, and none of them may delete it. (-1 is 4.x only.)
NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    kind: Literal["topic", "direct", "fanout"]


@dataclass(frozen=True, slots=True)
class Binding:
    """From an exchange into a queue."""

    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue, with its bindings and its one policy."""

    name: str
    bindings: tuple[Binding, ...]
    policy: Tunables = field(hash=False)
    kind: Literal["quorum", "stream"] = "quorum"


@dataclass(frozen=True, slots=True)
class Table:
    """All of it, or what one service needs of it."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]

    def needed_by(self, queues: set[str]) -> "Table":
        """Return what a service that consumes `queues` cannot start without."""
        return Table(
            tuple(exchange for exchange in self.exchanges if exchange.name == EVENTS),
            tuple(queue for queue in self.queues if queue.name in queues),
        )

    def __add__(self, queues: tuple[Queue, ...]) -> "Table":
        """Return the table with more queues: a new service's `work(…)`."""
        return Table(self.exchanges, self.queues + queues)


def dead_queue(queue: str) -> str:
    """Return where the dead letters of `queue` lie."""
    return f"{queue}.dead"


def tier(attempt: int) -> str | None:
    """Return the wait exchange after failure number `attempt`, from 1; None when it was the last.

    >>> tier(1), tier(5)
    ('wait.10s', None)
    """
    return list(TIERS)[attempt - 1] if attempt < TRIES else None


def work(name: str, *bindings: tuple[str, str], dead_ttl: int | None = None) -> tuple[Queue, Queue]:
    """Return a service's queue and the queue of its dead letters (kept for `dead_ttl` ms)."""
    policy: Tunables = {
        "delivery-limit": DELIVERY_LIMIT,
        "dead-letter-exchange": DEAD,
        "dead-letter-routing-key": name,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }
    dead_policy: Tunables = {"delivery-limit": NO_LIMIT, "overflow": "reject-publish"}
    if dead_ttl is not None:
        dead_policy["message-ttl"] = dead_ttl
    return (
        Queue(name, tuple(Binding(*binding) for binding in bindings), policy),
        Queue(dead_queue(name), (Binding(DEAD, name),), dead_policy),
    )


def wait(name: str, ttl: int) -> Queue:
    """Return a wait queue: after `ttl` ms a message goes to the queue its routing key names.

    Reached through a fanout exchange of its own, since a message that came through the default
    exchange and expires into the default exchange counts as a cycle and is dropped (measured).
    """
    policy: Tunables = {
        "delivery-limit": NO_LIMIT,
        "message-ttl": ttl,
        "dead-letter-exchange": "",
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }
    return Queue(name, (Binding(name, ""),), policy)


def topology(tiers: dict[str, int]) -> Table:
    """Return the table with the given wait times, in milliseconds."""
    return Table(
        exchanges=(
            Exchange(EVENTS, "topic"),
            Exchange(BUCKET_EVENTS, "topic"),
            Exchange(ARRIVALS, "fanout"),
            Exchange(DEAD, "direct"),
            *(Exchange(name, "fanout") for name in tiers),
        ),
        queues=(
            *work("ingest.arrivals", (ARRIVALS, ""), dead_ttl=30 * DAY),
            *work("ingest.drops.live", (BUCKET_EVENTS, "drop.live.*"), dead_ttl=30 * DAY),
            *work("ingest.drops.backfill", (BUCKET_EVENTS, "drop.backfill.*"), dead_ttl=30 * DAY),
            *work("ingest.decisions", (EVENTS, "object.decided.*")),
            *work("transcode.instances", (EVENTS, "instance.stored.*")),
            *work(
                "index.instances", (EVENTS, "instance.stored.*"), (EVENTS, "instance.transcoded.*")
            ),
            *work(
                "index.documents",
                (EVENTS, "patient.registered.*"),
                (EVENTS, "patient.claimed.*"),
                (EVENTS, "patient.unclaimed.*"),
                (EVENTS, "release.wished.*"),
                (EVENTS, "study.declared.*"),
            ),
            *work(
                "notify.events",
                (EVENTS, "study.released.*"),
                (EVENTS, "study.held.*"),
                (EVENTS, "patient.registered.*"),
                (EVENTS, "signin.requested.*"),
                (EVENTS, "helper.invited.*"),
                (EVENTS, "access.requested.*"),
                (EVENTS, "access.approved.*"),
                (EVENTS, "access.declined.*"),
                (EVENTS, "consent.opened.*"),
                (EVENTS, "share.answered.*"),
                (EVENTS, "share.created.*"),
                (EVENTS, "share.opened.*"),
                (EVENTS, "share.refused.*"),
                (EVENTS, "person.recovered.*"),
            ),
            *(wait(name, ttl) for name, ttl in tiers.items()),
            Queue(
                JOURNAL,
                (Binding(EVENTS, "#"),),
                {"max-age": "30D", "max-length-bytes": 20_000_000_000},
                kind="stream",
            ),
        ),
    )


TOPOLOGY = topology(TIERS)
