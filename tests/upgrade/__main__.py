"""`make upgrade-test`: the release before, this one beside it, this one alone, and back.

All under load; the judge decides what is lost. `--plant contract` makes a step of the schema before
the old code has gone, `--plant field` tells events without a field that the old code needs: both
must be found. Last line: JSON. Exit code 2 where the release before is not in this checkout.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from tests.upgrade.planted import PLANTS
from tests.upgrade.release import NotHad
from tests.upgrade.run import run

PLACE = Path(__file__).parents[2] / ".local" / "upgrade"
INSTANCES, REQUESTS = 2000, 1000
PATIENCE = 120.0  # seconds without any change
SHOWN = 40


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    parser = ArgumentParser(prog="tests.upgrade", description=__doc__)
    parser.add_argument("--instances", type=int, default=INSTANCES)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="at least so many")
    parser.add_argument("--patience", type=float, default=PATIENCE)
    parser.add_argument("--plant", choices=PLANTS, default="")
    asked = parser.parse_args()
    try:
        found = run(PLACE, asked.instances, asked.requests, asked.patience, asked.plant)
    except NotHad as missing:
        sys.stderr.write(f"upgrade-test: {missing}\n")
        return 2
    for finding in found.findings[:SHOWN]:
        sys.stdout.write(f"{finding}\n")
    numbers = found.numbers()
    few = numbers["portal_requests"] < asked.requests
    sys.stdout.write(json.dumps(numbers) + "\n")
    bad = found.findings or numbers["lost"] or numbers["portal_5xx"] or few
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
