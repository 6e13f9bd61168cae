"""One run: a slice of the load with each fault, several faults at once, then quiet, then the judge.

The next slice is not dropped before most of the last ones are through: so the faults are made
as long as there is work, and not in the first minute of it.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from deploy.local.waiting import NotUp, until
from tests.chaos import load, verdict
from tests.chaos.faults import SERVICES, Fault, Ring
from tests.chaos.saboteurs import Saboteurs
from tests.chaos.settling import Stuck, settled
from tests.chaos.watching import Watch

# Seconds without any change: what is told again waits twice as long each time, up to 16 times
# the 15 s of `ring.SOON`.
PATIENCE = 300.0
LONGEST = 150.0  # seconds until a slice is in flight
AT_LEAST = 1  # instance in flight when a fault is made
CROWD = 300  # instances in flight, above which the next slice waits
WAIT = 6.0  # seconds for that, at most
HANDS = 3  # faults at once
TOLD = "SELECT max(told_again) AS times FROM ingest.receipt"
LATE = 0.8  # of the faults, after which what comes a second time is dropped


def run(
    ring: Ring,
    faults: Sequence[Fault],
    instances: int,
    patience: float = PATIENCE,
    hands: int = HANDS,
) -> tuple[list[str], dict[str, Any]]:
    """Drop everything among `faults`, wait, and return the judge's findings and the numbers."""
    stage = ring.stage
    mine = load.waves(instances)
    mine.lay_out(stage.data)
    stage.drop(mine.wave("1-rosters"))
    ports = {name: stage.servers.ports[name] for name in SERVICES}
    with Watch(stage, ports) as watch:
        show = partial(say, watch)
        with Saboteurs(ring, hands, show) as saboteurs:
            stuck = made(faults, mine, watch, saboteurs, patience)
            show("all are made")
            saboteurs.finish()
        show("all are taken back")
        stuck += quiet(ring, patience)
        show("all is quiet")
    findings, numbers = verdict.found(stage)
    show("judged")
    return [*stuck, *findings], {
        "instances": stage.dropped,
        "faults": len(faults),
        "redelivered": watch.redelivered,
        **numbers,
        "stuck": numbers["stuck"] + len(stuck),
        "longest_gap_s": round(watch.longest_gap, 1),
    }


def made(
    faults: Sequence[Fault],
    mine: load.Load,
    watch: Watch,
    saboteurs: Saboteurs,
    patience: float,
) -> list[str]:
    """Begin all faults, each with its slice of the load; return what is stuck."""
    stage = watch.stage
    drops: list[Future[None]] = []
    stuck: list[str] = []
    studies, again = mine.wave("2-studies"), mine.wave("3-again")
    late = max(1, int(len(faults) * LATE))
    with ThreadPoolExecutor(1) as hospital:
        for number, fault in enumerate(faults):
            if number == late:
                stuck += received(watch, drops, 2 + len(studies), patience)
            wave, first, last = (studies, 0, late) if number < late else (again, late, len(faults))
            some = part(wave, number - first, last - first)
            with suppress(NotUp):
                until(lambda: watch.in_flight < CROWD, WAIT, "much is in flight")
            stage.dropped += sum(map(load.counts, some))
            drops.append(hospital.submit(stage.drop, some))
            until(lambda: watch.in_flight >= AT_LEAST, LONGEST, "nothing is in flight")
            saboteurs.make(fault)
        for each in drops:
            each.result()
    return stuck


def part(wave: dict[str, bytes], place: int, parts: int) -> dict[str, bytes]:
    """Return one of so many parts of a wave, study after study."""
    keys = list(wave)
    first, last = (len(keys) * each // parts for each in (place, place + 1))
    return {key: wave[key] for key in keys[first:last]}


def received(watch: Watch, drops: list[Future[None]], files: int, patience: float) -> list[str]:
    """Wait until all that was dropped has its receipt: of two contents the first counts.

    What never gets one is a finding, and the run goes on.
    """
    for each in drops:
        each.result()
    try:
        until(lambda: watch.receipts >= files, patience, "not all is received")
    except NotUp:
        return [f"stuck: {files - watch.receipts} of {files} files have no receipt"]
    return []


def quiet(ring: Ring, patience: float) -> list[str]:
    """Wait until nothing is on its way; return what is, as a finding."""
    try:
        settled(ring.stage, patience)
    except Stuck as stuck:
        (row,) = ring.stage.rows(TOLD)
        return [f"stuck: {stuck}; told again {row['times']} times at most"]
    return []


def say(watch: Watch, what: Fault | str, seconds: float = 0.0) -> None:
    """Print what is over: when, and how much was in flight then."""
    lasted = f"{seconds:5.1f} s" if seconds else ""
    line = f"{watch.seconds:6.1f} s {what!s:<40}{watch.in_flight:5} in flight {lasted}"
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()
