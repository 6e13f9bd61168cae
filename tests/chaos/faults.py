"""What is done to a running system: each fault is made, lasts, and is taken back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from subprocess import CalledProcessError
from urllib.error import URLError

import pika
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.demo.scanpass import CommandFailed
from deploy.local.waiting import NotUp, until
from shared.crashpoint import VARIABLE
from tests.chaos import broker
from tests.chaos.processes import alive, frozen
from tests.chaos.standing import SERVERS, Standing
from tests.chaos.wires import Wire, Wires

SERVICES = ("ingest", "transcode", "index", "notify")
AWAY = (
    *(pika.exceptions.AMQPError, psycopg.Error, ClientError, BotoCoreError, URLError, OSError),
    CalledProcessError,  # `rabbitmqctl`, while there is no node
)
BOOT = 30.0  # seconds in which a node that was restarted may still complain
TRIES = 180.0  # seconds until a server that was killed lets a saboteur in


@dataclass(frozen=True)
class Ring:
    """All that a fault can reach."""

    stage: Standing
    wires: Wires
    wire: Mapping[tuple[str, str], Wire]  # (service, server), and ("store", "ingest")
    random: Random
    servers: tuple[str, ...] = SERVERS

    def some(self, shortest: float, longest: float) -> float:
        """Return a number of seconds."""
        return self.random.uniform(shortest, longest)


@dataclass(frozen=True)
class Fault:
    """One fault: its name, and on whom."""

    kind: str
    whom: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return both."""
        return " ".join((self.kind, *self.whom))

    def make(self, ring: Ring) -> None:
        """Make it, let it last, and take it back."""
        KINDS[self.kind](ring, *self.whom)

    @property
    def touches(self) -> frozenset[str]:
        """Return what no other fault may touch meanwhile."""
        match self.kind:
            case "kill" | "freeze" | "kill-between":
                return frozenset(self.whom[:1])
            case "delete-queue" | "unbind" | "alarm":
                return frozenset({"broker"})  # an operator needs it there to take it back
            case "slow" | "stall" | "refuse" | "cut" | "reset" | "corrupt":
                return frozenset({" ".join(self.whom)})
            case _:
                return frozenset({self.kind})


def apart(one: Fault, other: Fault) -> bool:
    """Say whether two faults may be made at the same time."""
    return "everybody" not in {one.kind, other.kind} and not one.touches & other.touches


def running(ring: Ring, name: str) -> int:
    """Return the process of a server or service, once it runs: another fault may have ended it."""
    stage = ring.stage
    found: list[int] = []

    def there() -> bool:
        try:
            pid = stage.servers.pid(name) if name in ring.servers else stage.services.pid(name)
        except NotUp:
            return False
        found.append(pid)
        return alive(pid)

    until(there, TRIES, f"{name} does not come back")
    return found[-1]


def kill(ring: Ring, name: str) -> None:
    """End one process as `kill -9` does."""
    running(ring, name)
    (ring.stage.servers if name in ring.servers else ring.stage.services).kill(name)


def freeze(ring: Ring, name: str) -> None:
    """Stop one process with SIGSTOP for some seconds."""
    with frozen(running(ring, name)):
        time.sleep(ring.some(2, 5))


def kill_between(ring: Ring, service: str, point: str) -> None:
    """Kill a service, and let its successor die at a named point."""
    stage = ring.stage
    running(ring, service)
    stage.extra[service][VARIABLE] = f"{point}:{ring.random.randint(1, 3)}"
    starts = stage.services.starts(service)
    stage.services.kill(service)
    until(lambda: stage.services.starts(service) > starts, TRIES, f"{service} does not start")
    del stage.extra[service][VARIABLE]


def slow(ring: Ring, service: str, server: str) -> None:
    """Delay every piece by a fifth of a second."""
    wire = ring.wire[service, server]
    wire.delay = 0.2
    time.sleep(ring.some(3, 5))
    wire.delay = 0.0


def stall(ring: Ring, service: str, server: str) -> None:
    """Pass nothing on, without a word."""
    wire = ring.wire[service, server]
    wire.stalled = True
    time.sleep(ring.some(3, 6))
    wire.stalled = False


def refuse(ring: Ring, service: str, server: str) -> None:
    """Let no new connection through, and end those that stand."""
    wire = ring.wire[service, server]
    wire.refusing = True
    ring.wires.reset(wire)
    time.sleep(ring.some(3, 6))
    wire.refusing = False


def cut(ring: Ring, service: str, server: str) -> None:
    """End a connection after so many bytes."""
    ring.wire[service, server].cut_after = ring.random.randint(1, 20_000)
    time.sleep(1)


def reset(ring: Ring, service: str, server: str) -> None:
    """End every connection of a wire at once."""
    ring.wires.reset(ring.wire[service, server])


def corrupt(ring: Ring, service: str, server: str) -> None:
    """Turn one bit over in the next two pieces that may be an object's body."""
    ring.wire[service, server].flips = 2
    time.sleep(1)


def persist(act: Callable[[], object]) -> None:
    """Do what needs a server that may be coming back."""

    def done() -> bool:
        try:
            act()
        except (*AWAY, CommandFailed):
            return False
        return True

    until(done, TRIES, "a server does not come back")


def repair(ring: Ring) -> None:
    """Apply the topology, and do what that says: a node that is broken is restarted."""
    restarted = -BOOT

    def applied() -> bool:
        nonlocal restarted
        try:
            ring.stage.scanpass("topology", "apply", "--anew")
        except CommandFailed as said:
            if "Restart its node" in str(said) and time.monotonic() > restarted + BOOT:
                kill(ring, "broker")
                restarted = time.monotonic()
            return False
        return True

    until(applied, TRIES, "the topology is not applied")


def delete_queue(ring: Ring, queue: str) -> None:
    """Delete a queue with all that is in it; after a moment somebody applies the topology."""
    persist(lambda: broker.delete_queue(ring.stage, queue))
    time.sleep(ring.some(0.5, 2))
    repair(ring)


def unbind(ring: Ring, queue: str) -> None:
    """Delete a queue's bindings; after a moment somebody applies the topology."""
    persist(lambda: broker.unbind(ring.stage, queue))
    time.sleep(ring.some(1, 3))
    repair(ring)


def hints_lost(ring: Ring) -> None:
    """Let no bucket event through to ingest."""
    wire = ring.wire["store", "ingest"]
    wire.refusing = True
    ring.wires.reset(wire)
    time.sleep(ring.some(4, 6))
    wire.refusing = False


def hints_tenfold(ring: Ring) -> None:
    """Tell ingest ten times of everything in the drop, shuffled."""
    persist(lambda: broker.hint_ten_times(ring.stage, ring.random))


def republish(ring: Ring) -> None:
    """Tell every event that was ever told again, out of order."""
    persist(lambda: broker.republish(ring.stage, ring.random))


def everybody(ring: Ring) -> None:
    """Kill all servers and services at once; they come back in any order."""
    names = [*ring.servers, *SERVICES]
    ring.random.shuffle(names)
    for name in names:
        kill(ring, name)


def settle(ring: Ring) -> None:
    """Do no harm: let letters be owed, so that what comes next finds some."""
    query = "SELECT 1 FROM notify.delivery LIMIT 1"
    until(lambda: bool(ring.stage.rows(query)), TRIES, "no letter is owed")


LATE = """
    INSERT INTO catalogue.outbox (event_id, type, body)
    SELECT event_id, type, body FROM catalogue.outbox WHERE type = 'study.released.v1'
    ORDER BY id LIMIT 1 RETURNING id
"""
OVERTAKEN = "SELECT 1 FROM catalogue.outbox WHERE id > %s AND sent_at IS NOT NULL LIMIT 1"


def late_commit(ring: Ring) -> None:
    """Commit an event only after later ones have been told, as a slow replica would.

    It is one that was told before, so that telling it again has no effect.
    """
    stage = ring.stage
    with psycopg.connect(stage.owner["SCANPASS_DATABASE_URL"]) as connection:
        row = connection.execute(LATE).fetchone()
        place = row[0] if row else 0
        until(lambda: bool(stage.rows(OVERTAKEN, place)), TRIES, "nothing is told meanwhile")


def alarm(ring: Ring, which: str) -> None:
    """Have the broker block whoever publishes, as it does without memory or disk."""
    seconds = ring.some(2, 4)
    persist(lambda: broker.alarm(ring.stage, which, seconds))


UNSETTLED = """
    SELECT key FROM ingest.receipt WHERE kind = 'instance' AND NOT EXISTS (
        SELECT FROM catalogue.settlement AS t
        WHERE (t.site, t.sop_uid, t.sha256) = (receipt.site, receipt.sop_uid, receipt.sha256))
    ORDER BY received_at DESC LIMIT 1
"""


def flip(ring: Ring) -> None:
    """Turn over one bit of a stored original that nobody has recoded yet, for some seconds."""
    keys: list[str] = []
    persist(lambda: keys.extend(row["key"] for row in ring.stage.rows(UNSETTLED)))
    if keys:
        place = {"Bucket": "archive", "Key": keys[-1]}
        whole: list[bytes] = []
        persist(lambda: whole.append(ring.stage.s3.get_object(**place)["Body"].read()))
        hurt = whole[-1][:-1] + bytes([whole[-1][-1] ^ 1])
        persist(lambda: ring.stage.s3.put_object(**place, Body=hurt))
        time.sleep(ring.some(2, 3))
        persist(lambda: ring.stage.s3.put_object(**place, Body=whole[-1]))


KINDS: dict[str, Callable[..., None]] = {
    "kill": kill,
    "freeze": freeze,
    "kill-between": kill_between,
    "slow": slow,
    "stall": stall,
    "refuse": refuse,
    "cut": cut,
    "reset": reset,
    "corrupt": corrupt,
    "delete-queue": delete_queue,
    "unbind": unbind,
    "hints-lost": hints_lost,
    "hints-tenfold": hints_tenfold,
    "republish": republish,
    "everybody": everybody,
    "alarm": alarm,
    "flip": flip,
    "settle": settle,
    "late-commit": late_commit,
}
