"""`scanpass topology`: exchanges, queues and policies as the one table says."""

import time
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from services.ops import edges
from services.ops.ends import PROBLEM, Problem
from services.ops.management import Management
from services.ops.screen import Json, tell
from services.ops.settings import ManagementSettings
from shared.broker.apply import Refused, delete
from shared.broker.apply import apply as create
from shared.broker.topology import TOPOLOGY, Table, dead_queue

# The queues that services consume: those that have a queue of dead letters.
WORK = [
    queue.name.removesuffix(dead_queue(""))
    for queue in TOPOLOGY.queues
    if queue.name.endswith(dead_queue(""))
]

BROKEN = "INTERNAL_ERROR"  # AMQP's 541: the node's own fault
CHOSEN = 5.0  # seconds in which a node that has come up leads its queues again

app = typer.Typer(help="Exchanges, queues and policies of the broker.")


@dataclass(frozen=True)
class Missing:
    """What the table names and the broker does not have."""

    queues: tuple[str, ...]
    bindings: tuple[str, ...]
    lifeless: tuple[str, ...] = ()  # queues that are there, and that no node leads

    def __bool__(self) -> bool:
        """Say whether anything is missing."""
        return bool(self.queues or self.bindings or self.lifeless)


@app.command("apply")
def apply(
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="Queues that no node leads are made anew, and refilled.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create what is missing; again is harmless."""
    settings = edges.read(ManagementSettings)
    broker = edges.management()
    broker.version()
    url, amqp_url = settings.management_url.get_secret_value(), edges.amqp_url()
    try:
        if anew:
            for queue in lasting(broker):
                delete(amqp_url, url, queue)
        create(amqp_url, url)
    except Refused as no:
        raise Problem(remedy(str(no))) from None
    lost = missing(broker)
    exchanges, queues = len(TOPOLOGY.exchanges), len(TOPOLOGY.queues)
    told = {"exchanges": exchanges, "queues": queues, "missing": asdict(lost)}
    finish(told, f"{exchanges} exchanges and {queues} queues are there.", lost, as_json=as_json)


def remedy(refusal: str) -> str:
    """Return what to do about what the broker says.

    A node of 3.10.8 in which a queue is deleted while it boots may lose what looks after the
    dead letters of all queues (`rabbit_fifo_dlx_sup`); it makes and leads no queue from then on.
    """
    if BROKEN in refusal:
        return f"The broker is broken: {refusal}. Restart its node, then apply again."
    return f"The broker refuses: {refusal}. Use an administrator, and see what is there already."


def lasting(broker: Management) -> set[str]:
    """Return the queues that no node leads, and that stay so: a leader may just be chosen."""
    found = set(missing(broker).lifeless)
    if found:
        time.sleep(CHOSEN)
        found &= set(missing(broker).lifeless)
    return found


@app.command("check")
def check(*, as_json: Json = False) -> None:
    """Compare the broker with the table; exit code 1 when something is missing."""
    lost = missing(edges.management())
    finish({"missing": asdict(lost)}, "All queues and bindings are there.", lost, as_json=as_json)


def finish(told: dict[str, object], well: str, lost: Missing, *, as_json: bool) -> None:
    """Print what is there or what is not, and end with the exit code for it."""
    lines = [f"missing queue {each}" for each in lost.queues]
    lines += [f"missing binding {each}" for each in lost.bindings]
    lines += [f"no node leads queue {each}: `topology apply --anew`" for each in lost.lifeless]
    tell(told, lines or [well], as_json=as_json)
    if lost:
        raise typer.Exit(PROBLEM)


def missing(broker: Management, wanted: Table = TOPOLOGY) -> Missing:
    """Return what `wanted` names and the broker does not have."""
    queues = broker.queues()
    bindings = broker.bindings()
    return Missing(
        queues=tuple(each.name for each in wanted.queues if each.name not in queues),
        bindings=tuple(
            f"{each.exchange} -> {queue.name} ({each.routing_key or 'all'})"
            for queue in wanted.queues
            for each in queue.bindings
            if (each.exchange, queue.name, each.routing_key) not in bindings
        ),
        lifeless=tuple(sorted(broker.lifeless() & {each.name for each in wanted.queues})),
    )
