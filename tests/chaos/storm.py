"""`python -m tests.chaos.storm --minutes N`: rounds of random faults, until the time is over.

RabbitMQ has three nodes. Each round has a seed of its own, begins from nothing and is judged; its
numbers are appended to `benchmarks/storm.jsonl` with the commit. The exit code is 1 as soon as a
round is red; its logs are then kept under `.local/storm-red/`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from tests.chaos.cluster import OTHERS
from tests.chaos.faults import Fault
from tests.chaos.ring import ring
from tests.chaos.run import run
from tests.chaos.schedule import any_fault
from tests.chaos.verdict import red

ROOT = Path(__file__).parents[2]
SET = ROOT / ".local" / "storm"
RED = ROOT / ".local" / "storm-red"  # by seed
TALLY = ROOT / "benchmarks" / "storm.jsonl"
FAULTS, INSTANCES, HANDS = 100, 800, 6  # of a round


def main() -> int:
    """Storm, and return the exit code."""
    parser = ArgumentParser("python -m tests.chaos.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 10))
    parser.add_argument("--seed", type=int, help="one round with this seed")
    asked = parser.parse_args()
    end, of = time.monotonic() + 60 * asked.minutes, commit()
    rounds = 0
    while not rounds or (time.monotonic() < end and asked.seed is None):
        rounds += 1
        seed = asked.seed if asked.seed is not None else SystemRandom().getrandbits(32)
        if stormed(seed, of):
            return 1
    return 0


def stormed(seed: int, of: str) -> bool:
    """Do one round of the commit `of`, keep its numbers, and say whether it was red."""
    random = Random(seed)  # noqa: S311  no secret is made of it
    faults = [any_fault(random) for _ in range(FAULTS)]
    began = time.monotonic()
    with ring(SET, seed, cluster=True) as everything:
        findings, numbers = run(everything, faults, INSTANCES, hands=HANDS)
        bad = red(findings, numbers)
        if bad:  # the logs say why; the rest of the round goes
            logs = everything.stage.servers.setting.logs
            shutil.copytree(logs, RED / str(seed), dirs_exist_ok=True)
    for finding in findings[:50]:
        sys.stdout.write(f"{finding}\n")
    seconds = round(time.monotonic() - began, 1)
    keep(faults, {"commit": of, "seed": seed, **numbers, "seconds": seconds, "red": bad})
    return bad


def keep(faults: list[Fault], numbers: dict[str, Any]) -> None:
    """Append one round to the tally, and print it."""
    kinds = Counter(fault.kind for fault in faults)
    kills = kinds["kill"] + kinds["kill-between"] + 9 * kinds["everybody"]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    line = {"at": at, "nodes": 1 + len(OTHERS), "kills": kills, **numbers}
    with TALLY.open("a") as tally:
        tally.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def commit() -> str:
    """Return the commit, with a `+` where files have changed since."""
    git = ["git", "-C", str(ROOT)]
    but_tally = ("--", str(ROOT), f":(exclude){TALLY.relative_to(ROOT)}")
    words = (
        [*git, "rev-parse", "--short", "HEAD"],
        [*git, "status", "--porcelain", "-uno", *but_tally],
    )
    name, changed = (
        subprocess.run(each, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  git
        for each in words
    )
    return name + ("+" if changed else "")


if __name__ == "__main__":
    sys.exit(main())
