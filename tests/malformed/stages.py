"""Faults that only the whole system shows: ingest is another for a while, and the rest is real."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.demo.stage import Stage
from tests.malformed.buckets import OTHER, astray
from tests.malformed.door import Kept, keep
from tests.malformed.faulty import FAULTS, hurt
from tests.malformed.mutations import Must, Mutant, cuts
from tests.malformed.sources import made
from tests.malformed.whole import as_one, dropped, settled, unexplained

SITE = "sur"
FEW = 12  # files
SECONDS = 120.0  # until the drop is empty


def found(name: str, running: Stage, folder: Path) -> bool:
    """Let ingest have the fault `name`; say whether just those files are told that it meets."""
    files = list(few(folder))
    keys = [f"{SITE}/{name}/{place}" for place in range(len(files))]
    met = {kept.name for key, kept in zip(keys, files, strict=True) if hurt(key)}
    with instead(name, running):
        away = dropped(running, files, f"{SITE}/{name}")
        emptied(running)
        fates = settled(running, {at: kept for at, kept in away.items() if kept.name not in met})
    told = {
        "disappears": lambda: unexplained(away, fates),
        "altered": lambda: astray(as_one(running, "owner"), SITE, away, fates),
    }[name]()
    return bool(met) and {each.removesuffix(f": {OTHER}") for each in told} == met


def few(folder: Path) -> Iterator[Kept]:
    """Yield some good files, and some that are cut."""
    for place, source in enumerate(list(made())[:FEW]):
        yield keep(Mutant(source.name, "good", "whole", source.content, Must.ACCEPT), folder, None)
        if place % 3 == 0:
            yield from (keep(cut, folder, None) for cut in cuts(source, iter((400,))))


@contextmanager
def instead(name: str, running: Stage) -> Iterator[None]:
    """Run ingest with a fault in the place of the real one."""
    running.services.stop("ingest")
    environment = running.servers.environment("ingest")
    command = [sys.executable, "-m", "tests.malformed.faulty", name]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as ingest:  # noqa: S603  ours
        try:
            yield
        finally:
            ingest.kill()
    running.services.start("ingest")


def emptied(running: Stage) -> None:
    """Wait until nothing lies in the drop."""
    deadline = time.monotonic() + SECONDS
    while running.look().pending and time.monotonic() < deadline:
        time.sleep(0.2)


NAMES = tuple(FAULTS)
