"""`python -m tests.rebuild`: fill, rebuild, compare; the last line is JSON, the exit code 1 if red.

`--demo` drops the demo's real files instead. `--plant NAME` builds in a fault, which must be found.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from deploy.local.demo.__main__ import play
from deploy.local.demo.data import lay_out
from deploy.local.demo.progress import Progress
from deploy.local.demo.scanpass import CommandFailed, Scanpass
from deploy.local.demo.stage import Stage, stage
from deploy.local.servers import Servers
from tests.rebuild import filling, looking

ROOT = Path(__file__).parents[2] / ".local" / "rebuild"
LONGEST = 1800.0  # seconds for a wave
PATIENCE = "300"  # seconds in which something must move


def main() -> int:
    """Run the proof, and return the exit code."""
    asked = options()
    Servers(ROOT).remove()  # of a run that was killed
    try:
        with stage(ROOT) as running:
            result = prove(running, asked)
    finally:
        Servers(ROOT).remove()
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if red(result) else 0


def options() -> Namespace:
    """Return what the command line asks for."""
    parser = ArgumentParser("python -m tests.rebuild", description=__doc__)
    parser.add_argument("--instances", type=int, default=2000)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--plant", choices=looking.PLANTS)
    return parser.parse_args()


def prove(running: Stage, asked: Namespace) -> dict[str, object]:
    """Fill the catalogue, rebuild it, and return what came of it."""
    owner = running.servers.environment("owner")["SCANPASS_DATABASE_URL"]
    fill(running, asked)
    if asked.plant == "row":  # it is to be seen before, and not after
        looking.plant(owner, asked.plant)
    before, sent = looking.rows(owner), looking.letters(running.mailbox)
    if asked.plant in {"receipt", "letter"}:
        looking.plant(owner, asked.plant)
    since = time.monotonic()
    rebuild(running, owner)
    seconds = round(time.monotonic() - since, 1)
    settled(running)
    differing = looking.differing(before, looking.rows(owner))
    result: dict[str, object] = {
        "instances": before["content"].total(),
        "studies": before["study"].total(),
        "rows": sum(each.total() for each in before.values()),
        "differing_rows": sum(differing.values()),
        "differing": {table: count for table, count in differing.items() if count},
        "letters": sent,
        "letters_again": looking.letters(running.mailbox) - sent,
        "seconds": seconds,
    }
    if asked.plant:
        found = result["letters_again"] if asked.plant == "letter" else result["differing_rows"]
        result |= {"planted": asked.plant, "planted_found": bool(found)}
    return result


def fill(running: Stage, asked: Namespace) -> None:
    """Drop everything, each wave when the one before has been told."""
    if asked.demo:
        data = running.folder / "data"
        lay_out(data)
        play(running, data, Console(stderr=True))
        settled(running)
        return
    for wave in filling.waves(asked.instances):
        filling.drop(wave, running.servers.environment("hospital"))
        settled(running)


def settled(running: Stage) -> None:
    """Wait until nothing is on its way."""
    console = Console(stderr=True)
    progress = Progress(running.look, console)
    with progress.shown():
        progress.wait(LONGEST)


def rebuild(running: Stage, owner: str) -> None:
    """Call the operator's command; what it says of differences is judged here once more."""
    variables = running.servers.environment("ops") | {"SCANPASS_DATABASE_URL": owner}
    words = ("rebuild", "catalogue", "--yes", "--compare", "--patience", PATIENCE)
    try:
        said = Scanpass(variables)(*words)
    except CommandFailed as failed:
        said = str(failed)
    sys.stderr.write(said + "\n")


def red(result: dict[str, object]) -> bool:
    """Say whether something is not as before."""
    return bool(result["differing_rows"] or result["letters_again"])


if __name__ == "__main__":
    sys.exit(main())
