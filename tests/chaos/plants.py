"""Known faults, each built into one service, and the faults outside by which it must be found."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.faults import Fault
from tests.chaos.ring import NEVER, ring
from tests.chaos.run import run
from tests.chaos.verdict import red

SEED = 4
INSTANCES = 160
PATIENCE = 75.0  # seconds without any change; an interrupted letter waits 60


@dataclass(frozen=True)
class Plant:
    """The service it is built into, and what is done to the system meanwhile."""

    service: str
    faults: tuple[Fault, ...]


PLANTS = {
    "ack-first": Plant(
        "transcode", (Fault("kill-between", ("transcode", "transcode.copy.stored")),) * 3
    ),
    "dedupe-off": Plant("notify", (Fault("kill", ("index",)), Fault("settle"), Fault("republish"))),
    "delete-before-receipt": Plant(
        "ingest", (Fault("kill-between", ("ingest", "ingest.receipts.inserted")),) * 2
    ),
    "outbox-cursor": Plant(
        "index", (Fault("settle"), Fault("late-commit"), Fault("slow", ("index", "database")))
    ),
}


def found(names: Sequence[str], root: Path) -> dict[str, Any]:
    """Run each plant; return the numbers of a run without one, and how many plants were found.

    The same faults without the plant must leave nothing behind, or nothing would be shown. The
    reconcilers are put off for longer than a run: they heal some of these faults, in time.
    """
    together = [fault for name in names for fault in PLANTS[name].faults]
    findings, numbers = tried(None, together, root)
    report("nothing", findings)
    numbers |= {"planted": len(names), "planted_found": 0}
    for name in names:
        findings, seen = tried(name, PLANTS[name].faults, root)
        report(name, findings)
        numbers["planted_found"] += red(findings, seen)
    return numbers


def tried(
    name: str | None, faults: Sequence[Fault], root: Path
) -> tuple[list[str], dict[str, Any]]:
    """Make `faults` with the plant `name` in its service, or with none."""
    plants = {PLANTS[name].service: name} if name else {}
    with ring(root, SEED, reconcile=NEVER, plants=plants) as made:
        return run(made, faults, INSTANCES, PATIENCE, hands=1)


def report(name: str, findings: list[str]) -> None:
    """Print what was found of a plant."""
    first = findings[0][:120] if findings else "nothing"
    sys.stdout.write(f"planted {name}: {len(findings)} findings, first {first}\n")
    sys.stdout.flush()
