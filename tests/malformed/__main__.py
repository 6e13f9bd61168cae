"""Run with `python -m tests.malformed`: mutants by the 100,000, and none gets through."""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from tests.malformed import plants, whole
from tests.malformed.children import through
from tests.malformed.door import Tally, say
from tests.malformed.parts import PARTS, part_of

WORKERS = 2
END_TO_END = 2200
CHILDREN = 6000
MOST_MB = 512


def at_the_door(seed: int, share: float, folder: Path) -> Tally:
    """Show all mutants to the door, in processes that must not die."""
    total = Tally()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        parts = [pool.submit(part_of, part, seed, share, folder) for part in range(PARTS)]
        for place, part in enumerate(parts):
            try:
                total.add(part.result())
            except BrokenProcessPool:
                total.crashes.append(f"part {place}: the process died")
    return total


def told(title: str, names: list[str]) -> None:
    """Print offenders."""
    for name in names[:50]:
        say(f"{title}: {name}")


def planted(names: tuple[str, ...], folder: Path) -> int:
    """Build in each fault, in a process of its own; return how many are found."""
    count = 0
    for name in names:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            seen = pool.submit(plants.found, name, folder).result()
        say(f"planted {name}: {'found' if seen else 'NOT FOUND'}")
        count += seen
    return count


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Do all of it, and return the numbers."""
    say(f"seed {arguments.seed}; bytes are kept in .local/malformed/")
    tally = at_the_door(arguments.seed, arguments.share, folder)
    say(f"at the door: {tally.files} of {dict(tally.kinds)}; slowest refusal: {tally.slow}")
    random = Random(arguments.seed)  # noqa: S311  the same each time
    sample = sorted(tally.kept, key=lambda kept: (kept.path.name, kept.name))
    random.shuffle(sample)
    taken = [kept for kept in sample if kept.syntax]
    seen = through(taken[: int(CHILDREN * arguments.share)])
    say(f"in children: {seen.files}: {dict(seen.outcomes)}; slowest bomb {seen.slowest:.2f} s")
    dropped, fates = whole.end_to_end(
        sample[: int(END_TO_END * arguments.share)], folder / "servers"
    )
    say(f"end to end: {len(dropped)}")
    lost, wrong = whole.unexplained(dropped, fates), whole.wrongly_taken(dropped, fates)
    told("accepted", tally.accepted + seen.copied + wrong)
    told("good, refused", tally.refused)
    told("crash", tally.crashes + seen.crashes)
    told("unexplained", lost)
    return {
        "files": tally.files,
        "accepted_as_complete": len(tally.accepted) + len(seen.copied) + len(wrong),
        "good_refused": len(tally.refused),
        "parent_crashes": len(tally.crashes) + len(seen.crashes),
        "parent_peak_mb": round(max(tally.peak_mb, seen.peak_mb)),
        "unexplained": len(lost),
        "slowest_refusal_s": round(max(tally.slowest, seen.slowest), 2),
    }


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="tests.malformed", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of all mutants; 1 is all")
    parser.add_argument("--plant", choices=plants.NAMES, help="only this fault, nothing else")
    arguments = parser.parse_args()
    place = Path(".local/malformed").resolve()
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    numbers = {} if arguments.plant else run(arguments, folder)
    names = (arguments.plant,) if arguments.plant else plants.NAMES
    numbers |= {"planted": len(names), "planted_found": planted(names, folder)}
    say(json.dumps(numbers))
    zeros = ("accepted_as_complete", "good_refused", "parent_crashes", "unexplained")
    well = not any(numbers.get(name) for name in zeros)
    well &= numbers.get("parent_peak_mb", 0) < MOST_MB
    return 0 if well and numbers["planted"] == numbers["planted_found"] else 1


if __name__ == "__main__":
    sys.exit(main())
