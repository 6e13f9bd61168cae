"""`make canary`: after a whole run nothing of a person stands where it must not.

Hospitals drop, patients claim, sign in, share and withdraw, a doctor looks, services are killed
and a message is poison. Names, numbers, birth dates, addresses, codes and tokens are then looked
for in every log, queue, table, bucket, process and file there is. Last line: JSON.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from deploy.local.servers import Servers
from deploy.local.waiting import until
from tests.canary.acting import PATIENCE, Play
from tests.canary.birds import Flock
from tests.canary.letters import misdirected
from tests.canary.places import Broker, Place, places
from tests.canary.plants import plants
from tests.chaos.standing import Standing, standing

ROOT = Path(".local/canary")
SHOWN = 5  # of a place
UNMIRRORED = """
    SELECT (SELECT count(*) FROM access.ledger WHERE NOT mirrored)
        + (SELECT count(*) FROM access.outbox WHERE sent_at IS NULL) AS n
"""


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def found(place: Place, flock: Flock, *, aloud: bool = True) -> int:
    """Return how many things of people stand in a place; say which kind stands where."""
    hits, read = set(), 0
    for where, text in place.read():
        read += len(text)
        for bird in flock.hits(text, but=place.but):
            hits.add((where, bird.kind, bird.whose))
    if aloud:
        say(f"{place.name}: {len(hits)} hits in {read:,} bytes")
        for where, kind, whose in sorted(hits)[:SHOWN]:
            say(f"    {kind} of {whose} in {where}")
    return len(hits)


def settled(stage: Standing) -> None:
    """Wait until nothing is on its way."""
    broker = Broker(stage)
    until(lambda: broker.waiting() == 0, PATIENCE, "messages wait")
    until(lambda: stage.rows(UNMIRRORED)[0]["n"] == 0, PATIENCE, "something is untold")


def looked_for(stage: Standing, flock: Flock, scratch: Path) -> dict[str, int]:
    """Play all, look everywhere, then put a name everywhere and look again."""
    play = Play(stage, flock)
    Broker(stage).put("index.instances", "no event")
    play.all()
    settled(stage)
    everywhere = places(stage, scratch)
    hits = sum(found(each, flock) for each in everywhere)
    hits += misdirected(play, say)
    planted = plants(stage, scratch, ended := ExitStack())
    with ended:
        missed = [
            each.name
            for each in everywhere
            if each.name in planted and not again(each, planted[each.name])
        ]
    for name in missed:
        say(f"not found when it was put there: {name}")
    told = talkative(stage, play, everywhere[0])
    say(f"the portal that logs a name is {'found' if told else 'not found'}")
    return {
        "places": len(everywhere) + 1,
        "birds": len(flock.birds),
        "hits": hits,
        "planted": len(planted) + 1,
        "planted_found": len(planted) - len(missed) + told,
    }


def again(place: Place, put: Callable[[str], object]) -> bool:
    """Say whether a name is found that is put into a place."""
    flock = Flock.empty()
    put(flock.name("nobody", "Ñ"))
    return found(place, flock, aloud=False) > 0


def talkative(stage: Standing, play: Play, logs: Place) -> bool:
    """Say whether a portal is found that logs who opens a share."""
    stage.services.stop("portal")
    stage.services.planting = "tests.canary.planted"
    stage.services.plants["portal"] = "talkative"
    stage.services.start("portal")
    stage.services.wait(PATIENCE)
    play.flock = flock = Flock.empty()
    play.sign_in()
    play.open_share(play.share())
    return found(logs, flock, aloud=False) > 0


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    ArgumentParser("python -m tests.canary", description=__doc__).parse_args()
    scratch = (ROOT / "tmp").resolve()

    def overlay(_servers: Servers) -> dict[str, dict[str, str]]:
        scratch.mkdir(parents=True, exist_ok=True)
        names = ("ingest", "transcode", "index", "notify", "portal")
        return {name: {"TMPDIR": str(scratch)} for name in names}

    with standing(ROOT.resolve(), quiet=1.0, overlay=overlay) as stage:
        numbers = looked_for(stage, Flock.empty(), scratch)
    say(json.dumps(numbers))
    return 0 if not numbers["hits"] and numbers["planted"] == numbers["planted_found"] else 1


if __name__ == "__main__":
    sys.exit(main())
