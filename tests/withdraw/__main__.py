"""`make withdraw`: from the moment a withdrawal is answered nothing is read by it, anywhere.

Two portals are asked by every path while shares are taken back one after the other; downloads that
run are cut; a database that is put back older gives nothing. Last line: JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path

from deploy.local import Servers
from tests.received.studies import Received, store
from tests.withdraw.planted import PLANTS
from tests.withdraw.replicas import replicas
from tests.withdraw.restored import restored
from tests.withdraw.scene import BORN, Scene
from tests.withdraw.storm import CUT, Came, after, round_of

PLACE = Path(".local/withdraw")
REQUESTS, RESTORED = 100_000, 1000
ROUND, LEAST = 2000, 6  # requests after one withdrawal; withdrawals
FEW = 200  # requests, for each planted fault
PATHS = 9  # that must give before, so that their silence after says something
OK, BROKEN = 200, 500
GUESSES, GUESSERS = 10_000, 16  # and how many threads of them
MAY = 5  # wrong birth dates that count
TRIES = """
    SELECT tries, (SELECT count(*) FROM access.outbox
        WHERE type = 'share.refused.v1' AND body->>'grant' = %s) AS told
    FROM access.grants WHERE grant_id = %s::uuid
"""
UNCUT = 99_999.0  # milliseconds, of a download that came whole
RECEIPTS = "SELECT grant_id FROM access.ledger WHERE type = 'share.revoked.v1' AND mirrored"


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def rounds(
    servers: Servers, scene: Scene, count: int, plant: str = "", least: int = LEAST
) -> Iterator[Came]:
    """Yield what came of each round, until `count` requests were asked after a withdrawal.

    `least` is how many withdrawals there are at least; of a plant there is one. In the second
    half of the rounds no broker runs.
    """
    log = servers.setting.logs / "withdraw.jsonl"
    number = 1 if plant else max(least, ceil(count / ROUND))
    with replicas(servers.environment("portal"), log, plant) as at:
        for each in range(number):
            if each == number // 2 and not plant:
                servers.stop("broker")
            came = round_of(scene, at, each, ceil(count / number))
            last = f"the last download ended {cuts([came])[-1]:.0f} ms after it"
            say(f"round {each + 1} of {number}: {after(came)} asked after it, {last}")
            yield came
    if not plant:
        servers.start("broker")


def cuts(came: list[Came]) -> list[float]:
    """Return how long each download went on after the withdrawal, in milliseconds, in order.

    One that had ended, or was cut, before the answer was read is left out.
    """
    ends = [
        UNCUT if stream.whole else 1000 * (stream.ended - one.withdrawn)
        for one in came
        for stream in one.streams
        if stream.ended > one.withdrawn
    ]
    return sorted(ends) or [UNCUT]


def measured(came: list[Came]) -> dict[str, float]:
    """Return the numbers of all rounds."""
    asked = [(status, at > one.withdrawn) for one in came for at, status, _ in one.requests]
    cut, down = cuts(came), cuts(came[len(came) // 2 :])
    return {
        "allowed_before": sum(status == OK and not late for status, late in asked),
        "requests_after": sum(late for _, late in asked),
        "allowed_after": sum(status == OK and late for status, late in asked),
        "cut_before": sum(status == CUT and not late for status, late in asked),
        "errors": sum(status >= BROKEN and (late or status != CUT) for status, late in asked),
        "streams": sum(len(one.streams) for one in came),
        "streams_cut_after": len(cut),
        "stream_cut_p99_ms": round(cut[ceil(0.99 * len(cut)) - 1], 1),
        "stream_cut_max_ms": round(cut[-1], 1),
        "stream_cut_max_broker_down_ms": round(down[-1], 1),
    }


def receipts(servers: Servers, scene: Scene) -> int:
    """Return how many withdrawals have a receipt: page, ledger and mirror say the same."""
    mirrored: set[str] = set()
    bucket = store(servers.environment("ops"))
    for each in bucket.list("ledger", "grants/"):
        with bucket.open("ledger", each.key) as file:
            told = json.load(file)
        mirrored |= {row["grant_id"] for row in told if row["type"] == "share.revoked.v1"}
    grants = [str(row["grant_id"]) for row in scene.received.rows(RECEIPTS)]
    log = servers.setting.logs / "withdraw.jsonl"
    with replicas(servers.environment("portal"), log) as at:
        pages = [at[0].page(f"/shared/{grant}", scene.cookie) for grant in grants]
    return sum(
        grant in mirrored and "You took it back" in page
        for grant, page in zip(grants, pages, strict=True)
    )


def guessed(servers: Servers, scene: Scene, guesses: int) -> tuple[int, int, int]:
    """Return how many wrong birth dates were tried at once, how many counted, how many locks told.

    Whoever knows the right one opens nothing after that.
    """
    log = servers.setting.logs / "withdraw.jsonl"
    with replicas(servers.environment("portal"), log) as at:
        grant, link = scene.link(at[0])

        def guess(number: int) -> None:
            wrong = BORN | {"year": str(1900 + number % 60)}
            at[number % 2].form("/s/open", said=link, name="Eve", role="other", **wrong)

        with ThreadPoolExecutor(GUESSERS) as threads:
            list(threads.map(guess, range(guesses)))
        came = at[0].form("/s/open", said=link, name="Eve", role="other", **BORN)
    (row,) = scene.received.rows(TRIES, grant, grant)
    if came.location:
        return guesses, guesses, row["told"]
    return guesses, row["tries"], row["told"]


def bites(servers: Servers, received: Received, plant: str) -> bool:
    """Say whether a planted fault is found."""
    scene = Scene.set(received)
    log = servers.setting.logs / "withdraw.jsonl"
    if plant == "database-trusted":
        return restored(scene, servers.environment, log, plant, 20)[1] > 0
    came = list(rounds(servers, scene, FEW, plant))
    late = any(s.whole and s.ended > one.withdrawn for one in came for s in one.streams)
    return late or measured(came)["allowed_after"] > 0


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="tests.withdraw", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--restored", type=int, default=RESTORED)
    parser.add_argument("--guesses", type=int, default=GUESSES)
    parser.add_argument("--withdrawals", type=int, default=LEAST, help="at least so many")
    parser.add_argument("--no-plants", action="store_true", help="only the product as it is")
    parser.add_argument("--plant", choices=PLANTS, help="only this fault, nothing else")
    arguments = parser.parse_args()
    names = (arguments.plant,) if arguments.plant else tuple(PLANTS)
    if arguments.no_plants:
        names = ()
    numbers: dict[str, float] = {}
    with Servers(PLACE.resolve()) as servers:
        received = Received.on(servers.environment)
        if not arguments.plant:
            numbers = run(servers, received, arguments)
        found = 0
        for name in names:
            bitten = bites(servers, received, name)
            say(f"planted {name}: {'found' if bitten else 'not found'}")
            found += bitten
        received.close()
    Servers(PLACE.resolve()).remove()
    say(json.dumps(numbers | {"planted": len(names), "planted_found": found}))
    well = not any(numbers.get(n) for n in ("allowed_after", "errors", "restored_allowed"))
    whole = numbers.get("receipts_valid") == numbers.get("withdrawals")
    cut = numbers.get("stream_cut_max_ms", 0) < UNCUT
    exact = (numbers.get("guesses_counted", MAY), numbers.get("locks_told", 1)) == (MAY, 1)
    many = numbers.get("paths", PATHS) >= PATHS
    return 0 if well and whole and cut and many and exact and found == len(names) else 1


def run(servers: Servers, received: Received, asked_for: argparse.Namespace) -> dict[str, float]:
    """Return the numbers of the product without a fault."""
    scene = Scene.set(received)
    came = list(rounds(servers, scene, asked_for.requests, least=asked_for.withdrawals))
    numbers = measured(came)
    paths = {
        which
        for one in came
        for at, status, which in one.requests
        if status == OK and at <= one.withdrawn
    }
    tried, counted, told = guessed(servers, scene, asked_for.guesses)
    valid = receipts(servers, scene)
    log = servers.setting.logs / "withdraw.jsonl"
    anew = Scene.set(received)
    asked, allowed = restored(anew, servers.environment, log, "", asked_for.restored)
    return numbers | {
        "paths": len(paths),  # that gave what was asked before
        "replicas": 2,
        "withdrawals": len(came),
        "guesses": tried,
        "guesses_counted": counted,
        "locks_told": told,
        "receipts_valid": valid,
        "restored_withdrawn": asked,
        "restored_allowed": allowed,
    }


if __name__ == "__main__":
    sys.exit(main())
