"""Run with `python -m tests.authz`: nobody sees what is not theirs, and everybody what is."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

from deploy.local import Servers
from tests.authz import table
from tests.authz.asking import Asked, every, fuzzed
from tests.authz.planted import PLANTS
from tests.authz.routes import routes
from tests.authz.running import Tally, portal, run
from tests.authz.scene import Scene
from tests.received.studies import Received

PLACE = Path(".local/authz")
REQUESTS = 50_000
FEW = 800  # of the matrix, for each planted fault


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def requests(scene: Scene, count: int, seed: int) -> Iterator[Asked]:
    """Yield the whole matrix in an order that mixes all, and fuzzed requests up to `count`."""
    matrix = mixed(every(scene), seed)
    yield from matrix
    random = Random(seed)  # noqa: S311  the same each time
    for _ in range(len(matrix), count):
        yield fuzzed(random.choice(matrix), random)


def mixed(asked: Iterable[Asked], seed: int) -> list[Asked]:
    """Return requests in an order that mixes all."""
    found = list(asked)
    Random(seed).shuffle(found)  # noqa: S311  the same each time
    return found


def through(servers: Servers, received: Received, count: int, seed: int, plant: str = "") -> Tally:
    """Run one portal, and all requests at it; then let some leave, and ask again at once."""
    tally = Tally()
    scene = Scene.set(received)
    log = servers.setting.logs / "authz.jsonl"
    with portal(servers.environment("portal"), log, plant) as at:
        run(at, scene, islice(requests(scene, count, seed), count), tally)
        scene.end("owner")
        scene.part("helper")
        scene.withdraw("grantee")
        scene.withdraw("grantee who keeps")
        scene.withdraw("own viewer")
        scene.withdraw("clinician")
        again = [one for one in every(scene, gone=True) if one.reader in table.LEAVING]
        run(at, scene, islice(mixed(again, seed), count), tally)
    return tally


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="tests.authz", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", choices=PLANTS, help="only this fault, nothing else")
    arguments = parser.parse_args()
    missing = table.unlisted(*routes())
    for each in missing:
        say(f"not in the table, or in the table only: {each}")
    if missing:
        return 1
    names = (arguments.plant,) if arguments.plant else tuple(PLANTS)
    numbers: dict[str, int] = {}
    with Servers(PLACE.resolve()) as servers:
        received = Received.on(servers.environment)
        if not arguments.plant:
            tally = through(servers, received, arguments.requests, arguments.seed)
            for each in tally.offenders:
                say(each)
            numbers = {"requests": tally.requests} | {
                name: tally.wrong[name] for name in ("unauthorised", "over_refused", "errors_5xx")
            }
        found = 0
        for name in names:
            tally = through(servers, received, FEW, arguments.seed, name)
            say(f"planted {name}: {tally.wrong['unauthorised']} found among {tally.requests}")
            found += tally.wrong["unauthorised"] > 0
        received.close()
    Servers(PLACE.resolve()).remove()
    numbers |= {"planted": len(names), "planted_found": found}
    say(json.dumps(numbers))
    well = not any(numbers.get(n) for n in ("unauthorised", "over_refused", "errors_5xx"))
    return 0 if well and found == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
