"""`python -m tests.chaos`: faults while work is in flight, then the judge. The last line is JSON.

2,000 instances of two hospitals, and every kind of fault, in an order that the seed decides.
`--plant NAME` builds a known fault into the product, `--plants` each of them after a run without:
then the exit code is 0 when every one was found.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos import plants
from tests.chaos.ring import ring
from tests.chaos.run import run
from tests.chaos.schedule import every_kind
from tests.chaos.verdict import red

ROOT = Path(__file__).parents[2] / ".local" / "chaos"
SEED = 20261124
ENOUGH = {"faults": 30, "redelivered": 50, "suppressed": 20}  # less, and little was proven


def main() -> int:
    """Run what is asked for, print a last line of JSON, and return the exit code."""
    asked = options()
    began = time.monotonic()
    if asked.plants or asked.plant:
        names = list(plants.PLANTS) if asked.plants else [asked.plant]
        return told(plants.found(names, ROOT), began)
    faults = every_kind(Random(asked.seed))  # noqa: S311  no secret is made of it
    with ring(ROOT, asked.seed) as everything:
        findings, numbers = run(everything, faults[: asked.faults], asked.instances)
    numbers |= {"planted": 0, "planted_found": 0}
    for finding in findings[:50]:
        sys.stdout.write(f"{finding}\n")
    few = [name for name, least in ENOUGH.items() if numbers[name] < least and asked.whole]
    for name in few:
        sys.stdout.write(f"too few: {name}\n")
    print_last(numbers, began)
    return 1 if red(findings, numbers) or few else 0


def options() -> Namespace:
    """Return what the command line asks for."""
    parser = ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--instances", type=int, default=2000)
    parser.add_argument("--faults", type=int, default=None, help="the first so many only")
    parser.add_argument("--plant", choices=plants.PLANTS)
    parser.add_argument("--plants", action="store_true")
    asked = parser.parse_args()
    asked.whole = asked.faults is None
    return asked


def told(numbers: dict[str, Any], began: float) -> int:
    """Print what became of the plants; return 0 where all were found and nothing else was."""
    print_last(numbers, began)
    return 0 if numbers["planted"] == numbers["planted_found"] and not numbers["lost"] else 1


ORDER = (
    *("instances", "faults", "redelivered", "suppressed", "lost", "duplicate_rows"),
    *("mixed_patients", "letters_repeated", "kills_in_letter_window", "stuck", "longest_gap_s"),
    *("planted", "planted_found"),
)


def print_last(numbers: dict[str, Any], began: float) -> None:
    """Print the last line."""
    last = {name: numbers.get(name, 0) for name in ORDER}
    last["seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps(last) + "\n")


if __name__ == "__main__":
    sys.exit(main())
