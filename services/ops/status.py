"""`scanpass status`: who waits, since when and why; then what is on its way or stuck."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import typer
from rich.table import Table

from services.ops import backlog, brakes, edges
from services.ops.ends import PROBLEM, Unreachable
from services.ops.screen import Json, table, tell
from services.ops.topology import WORK, Missing, missing
from services.ops.waiting import Wait, lasting, sentence
from shared.broker.depth import seen
from shared.broker.topology import dead_queue


@dataclass(frozen=True)
class Queues:
    """What the broker says of the queues."""

    dead: dict[str, int] = field(default_factory=dict)  # work queue → letters
    deserted: dict[str, int] = field(default_factory=dict)  # queue → messages that nobody takes
    missing: Missing = field(default_factory=lambda: Missing((), ()))

    def __bool__(self) -> bool:
        """Say whether something is wrong."""
        return bool(self.dead or self.deserted or self.missing)


def status(*, as_json: Json = False) -> None:
    """Say who waits, since when and why; exit code 1 where messages or originals need a hand."""
    with edges.transaction() as connection:
        now = backlog.clock(connection)
        waits = backlog.waits(connection)
        drop, arriving = backlog.drop(connection), backlog.arriving(connection)
        counts, held = backlog.counts(connection), brakes.held(connection)
    queues, silent = asked()
    first = sentence(waits, now)
    unsent = counts["oldest_unsent_event"]
    counts["oldest_unsent_event_seconds"] = (now - unsent).total_seconds() if unsent else None
    document = {
        "sentence": first,
        "at": now,
        "held": held,
        "waits": [asdict(wait) for wait in waits],
        "drop": drop,
        "arriving": arriving,
        **counts,
        "dead_letters": queues.dead,
        "deserted_queues": queues.deserted,
        "missing": asdict(queues.missing),
        "broker": "ok" if silent is None else silent.sentence,
    }
    drawn = table(("what", "how many", ""), lines(waits, drop, counts, queues))
    hands = brakes.sentences(held, now)
    tell(document, [first, *hands, "", drawn, *studies(arriving, now)], as_json=as_json)
    if silent is not None:
        raise silent
    if queues or counts["originals_damaged"]:
        raise typer.Exit(PROBLEM)


def asked() -> tuple[Queues, Unreachable | None]:
    """Return what the broker says; where it is down, the rest is still worth showing."""
    try:
        found = seen(edges.amqp_url(), [*WORK, *map(dead_queue, WORK)])
        lost = missing(edges.management())
    except Unreachable as silent:
        return Queues(), silent
    dead = {name: found[dead_queue(name)].messages for name in WORK if dead_queue(name) in found}
    deserted = {
        name: depth.messages
        for name, depth in found.items()
        if name in WORK and not depth.consumers
    }
    return Queues(some(dead), some(deserted), lost), None


def some(numbers: dict[str, int]) -> dict[str, int]:
    """Return what is not zero."""
    return {name: number for name, number in numbers.items() if number}


def lines(
    waits: list[Wait], drop: list[dict[str, Any]], counts: dict[str, Any], queues: Queues
) -> Iterator[tuple[str, object, str]]:
    """Yield one line for each number that an operator asks for."""
    for each in drop:
        note = "" if each["known"] else "under no known site: `scanpass site add`"
        if each["listed_at"] is None:
            note = "not listed yet"
        if each["more"]:
            note = "and more of an old archive, not counted"
        yield f"drop pending, site {each['site']}", each["pending"], note
    yield "studies available", counts["studies_available"], ""
    yield "studies without a Patient ID", counts["studies_unassigned"], ""
    yield "patients who wait", len({wait.who for wait in waits}), ""
    yield "letters sent", counts["letters_sent"], ""
    yield "letters owed", counts["letters_owed"], "no address on file"
    yield "letters overdue", counts["letters_overdue"], ""
    yield "letters failed", counts["letters_failed"], ""
    yield "quarantine undecided", counts["quarantine_undecided"], "`scanpass quarantine list`"
    yield "conflicts", counts["conflicts"], ""
    yield "originals damaged", counts["originals_damaged"], "found by the scrub: restore them"
    for queue, messages in queues.dead.items():
        yield f"dead letters, {queue}", messages, f"`scanpass dead list {queue}`"
    for queue, messages in queues.deserted.items():
        yield f"messages that nobody takes, {queue}", messages, "is its service running?"
    for lost in (*queues.missing.queues, *queues.missing.bindings):
        yield "missing on the broker", lost, "`scanpass topology apply`"
    for queue in queues.missing.lifeless:
        yield "a queue that no node leads", queue, "`scanpass topology apply --anew`"


def studies(arriving: list[dict[str, Any]], now: Any) -> Iterator[Table | str]:  # noqa: ANN401
    """Yield the table of the studies on their way, nothing where there is none."""
    if not arriving:
        return
    yield ""
    yield table(
        ("arriving at", "reference", "study", "instances", "in flight", "for"),
        [
            (
                each["site"],
                each["reference"],
                each["study_uid"],
                each["instance_count"],
                each["in_flight"],
                lasting((now - each["first_seen"]).total_seconds()),
            )
            for each in arriving
        ],
    )
