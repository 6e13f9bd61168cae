"""`scanpass topology`: exchanges, queues and policies as the one table says."""

from dataclasses import asdict, dataclass

import typer

from services.ops import edges
from services.ops.ends import PROBLEM, Problem
from services.ops.management import Management
from services.ops.screen import Json, tell
from services.ops.settings import ManagementSettings
from shared.broker.apply import Refused
from shared.broker.apply import apply as create
from shared.broker.topology import TOPOLOGY, Table, dead_queue

# The queues that services consume: those that have a queue of dead letters.
WORK = [
    queue.name.removesuffix(dead_queue(""))
    for queue in TOPOLOGY.queues
    if queue.name.endswith(dead_queue(""))
]

app = typer.Typer(help="Exchanges, queues and policies of the broker.")


@dataclass(frozen=True)
class Missing:
    """What the table names and the broker does not have."""

    queues: tuple[str, ...]
    bindings: tuple[str, ...]

    def __bool__(self) -> bool:
        """Say whether anything is missing."""
        return bool(self.queues or self.bindings)


@app.command("apply")
def apply(*, as_json: Json = False) -> None:
    """Create what is missing; again is harmless."""
    settings = edges.read(ManagementSettings)
    broker = edges.management()
    broker.version()
    try:
        create(edges.amqp_url(), settings.management_url.get_secret_value())
    except Refused as no:
        msg = f"The broker refuses: {no}. Use an administrator, and see what is there already."
        raise Problem(msg) from None
    lost = missing(broker)
    exchanges, queues = len(TOPOLOGY.exchanges), len(TOPOLOGY.queues)
    told = {"exchanges": exchanges, "queues": queues, "missing": asdict(lost)}
    finish(told, f"{exchanges} exchanges and {queues} queues are there.", lost, as_json=as_json)


@app.command("check")
def check(*, as_json: Json = False) -> None:
    """Compare the broker with the table; exit code 1 when something is missing."""
    lost = missing(edges.management())
    finish({"missing": asdict(lost)}, "All queues and bindings are there.", lost, as_json=as_json)


def finish(told: dict[str, object], well: str, lost: Missing, *, as_json: bool) -> None:
    """Print what is there or what is not, and end with the exit code for it."""
    lines = [f"missing queue {each}" for each in lost.queues]
    lines += [f"missing binding {each}" for each in lost.bindings]
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
    )
