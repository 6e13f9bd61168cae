"""Run with `python -m tests.malformed`: mutants by the 100,000, and none gets through."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from deploy.local.demo.stage import Stage
from tests.malformed import plants, stages, whole
from tests.malformed.buckets import astray
from tests.malformed.children import through
from tests.malformed.door import Kept, Tally, gathered, say
from tests.malformed.parts import PARTS, part_of

WORKERS = 2
END_TO_END = 2200
CHILDREN = 6000
MOST_MB = 512
ZEROS = ("accepted_as_complete", "good_refused", "parent_crashes", "unexplained")
NAMES = (*plants.ALONE, *stages.NAMES)


def at_the_door(seed: int, share: float, folder: Path) -> Tally:
    """Show all mutants to the door, in processes that must not die."""
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return gathered([pool.submit(part_of, part, seed, share, folder) for part in range(PARTS)])


def told(title: str, names: list[str]) -> None:
    """Print offenders."""
    for name in names[:50]:
        say(f"{title}: {name}")


def planted(names: list[str], folder: Path, running: Stage | None) -> Iterator[str]:
    """Build in each fault, and yield those that are found."""
    for name in names:
        if name in plants.ALONE:
            seen = plants.found(name, folder)
        elif running is not None:
            seen = stages.found(name, running, folder)
        else:
            with whole.running(folder / "servers") as alone:
                seen = stages.found(name, alone, folder)
        say(f"planted {name}: {'found' if seen else 'NOT FOUND'}")
        if seen:
            yield name


def run(seed: int, share: float, folder: Path) -> dict[str, float]:
    """Do all of it, and return the numbers."""
    say(f"seed {seed}; bytes are kept in .local/malformed/")
    tally = at_the_door(seed, share, folder)
    say(f"at the door: {tally.files} of {dict(tally.kinds)}; slowest refusal: {tally.slow}")
    say(f"taken, because nobody can tell: {dict(tally.excused)}")
    random = Random(seed)  # noqa: S311  the same each time
    sample = sorted(tally.kept, key=lambda kept: (kept.path.name, kept.name))
    random.shuffle(sample)
    seen = through([kept for kept in sample if kept.syntax][: int(CHILDREN * share)])
    say(f"in children: {seen.files}: {dict(seen.outcomes)}; slowest bomb {seen.slowest:.2f} s")
    with whole.running(folder / "servers") as running:
        files, lost, wrong = end_to_end(running, sample[: int(END_TO_END * share)])
        found = list(planted(list(NAMES), folder, running))
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
        "planted": len(NAMES),
        "planted_found": len(found),
        "in_children": seen.files,
        "end_to_end": files,
        "excused": sum(tally.excused.values()),
    }


def end_to_end(running: Stage, sample: list[Kept]) -> tuple[int, list[str], list[str]]:
    """Drop the sample; return how many, what is not accounted for, and what was wrongly taken."""
    files = whole.dropped(running, sample, "north")
    fates = whole.settled(running, files)
    lost = whole.unexplained(files, fates)
    lost += astray(whole.as_one(running, "owner"), "north", files, fates)
    say(f"end to end: {len(files)}")
    return len(files), lost, whole.wrongly_taken(files, fates)


def main() -> int:
    """Run, print the numbers as the last line, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="tests.malformed", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0, help="of all mutants; 1 is all")
    parser.add_argument("--plant", choices=NAMES, help="only this fault, nothing else")
    arguments = parser.parse_args()
    place = Path(".local/malformed").resolve()
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    if arguments.plant:
        found = list(planted([arguments.plant], folder, None))
        numbers: dict[str, float] = {"planted": 1, "planted_found": len(found)}
    else:
        numbers = run(arguments.seed, arguments.share, folder)
    say(json.dumps(numbers))
    well = not any(numbers.get(name) for name in ZEROS)
    well &= numbers.get("parent_peak_mb", 0) < MOST_MB
    return 0 if well and numbers["planted"] == numbers["planted_found"] else 1


if __name__ == "__main__":
    sys.exit(main())
