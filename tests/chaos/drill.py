"""`python -m tests.chaos.drill`: the database comes back an hour old, and nothing is lost.

A load is carried, the database is dumped, another load is carried and told of. Then the dump is
restored: of the second load the database knows nothing, and the buckets hold it. `scanpass rebuild
receipts` puts it back; the judge must be content with both. What the database alone knew is lost
with it: that letters were sent, and the codes in them. They are sent again, each with the
Message-ID it had and with a code that works.
"""

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from tests import judge
from tests.chaos import load
from tests.chaos.settling import Stuck, settled
from tests.chaos.standing import Standing, standing

ROOT = Path(__file__).parents[2] / ".local" / "drill"
PATIENCE = 90.0  # seconds without any change
REPEATED = re.compile(r"letter: (north/\S+) was told 2 times in 1 attempts")
FORGOTTEN = re.compile(r"letter: (north/\S+) shows a code that nobody knows")


def carried(stage: Standing, number: int) -> load.Load:
    """Drop a load, and wait until all of it has come through."""
    mine = load.round_of(number, decision=False, postponed=False)
    mine.lay_out(stage.data)
    stage.post.answers.update(dict.fromkeys(mine.refused, 550))
    stage.dropped += mine.instances
    stage.drop(mine.wave(f"{number:03d}-round"))
    settled(stage, PATIENCE)
    return mine


def returned(stage: Standing, dumped: Path) -> int:
    """Restore the database, and return how many objects were put back."""
    stage.services.down()
    stage.owner_scanpass("db", "restore", str(dumped), "--yes")
    stage.services.up()
    told = json.loads(stage.scanpass("rebuild", "receipts", "--json"))
    return int(told["returned"])


def findings(stage: Standing) -> list[str]:
    """Return what the judge finds."""
    case = judge.case(stage.judging())
    try:
        judge.settle(case.edges)
        found, _ = judge.verdict(case, 0)
    finally:
        case.edges.close()
    return found


def weighed(found: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return the letters that were repeated, those whose first code is forgotten, and the rest.

    A forgotten code is no loss where the letter was repeated and only one of the two shows such.
    """
    repeated = {one[1] for each in found if (one := REPEATED.fullmatch(each))}
    shown = Counter(one[1] for each in found if (one := FORGOTTEN.fullmatch(each)))
    forgotten = {name for name, times in shown.items() if times == 1 and name in repeated}
    rest = [
        each
        for each in found
        if not REPEATED.fullmatch(each)
        and not ((one := FORGOTTEN.fullmatch(each)) and one[1] in forgotten)
    ]
    return sorted(repeated), sorted(forgotten), rest


def main() -> int:
    """Hold the drill, print a last line of JSON, and return the exit code."""
    began = time.monotonic()
    with standing(ROOT, quiet=1.0) as stage:
        carried(stage, 1)
        dumped = stage.folder / "hour-old.dump"
        stage.owner_scanpass("db", "dump", str(dumped))
        carried(stage, 2)
        back = returned(stage, dumped)
        try:
            settled(stage, PATIENCE)
            found = findings(stage)
        except Stuck as stuck:
            found = [f"stuck: {stuck}"]
    repeated, forgotten, wrong = weighed(found)
    for one in wrong:
        sys.stdout.write(f"{one}\n")
    result = {
        "instances": stage.dropped,
        "returned": back,
        "lost": len(wrong),
        "letters_repeated": len(repeated),
        "codes_forgotten": len(forgotten),
        "seconds": round(time.monotonic() - began, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if wrong or not back else 0


if __name__ == "__main__":
    sys.exit(main())
