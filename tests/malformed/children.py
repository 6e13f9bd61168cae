"""What the limited children of index and transcode make of what the door took."""

import logging
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from services.index.header import read
from services.transcode.gallery import Gallery
from services.transcode.work import Task, transcode
from shared.children import ChildDied, Children
from shared.events import Outcome
from tests.fakes.storage import MemoryStorage
from tests.malformed.door import Kept, peak_mb
from tests.malformed.mutations import Must

COUNT = 2
SECONDS = 60.0  # for one mutant


@dataclass(slots=True)
class Seen:
    """What came of the sample."""

    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    copied: list[str] = field(default_factory=list)  # though their codestream is hurt
    crashes: list[str] = field(default_factory=list)  # what a service would not have caught
    slowest: float = 0.0  # seconds until a pixel bomb was given up
    slow: str = ""
    peak_mb: float = 0.0


Work: TypeAlias = Callable[[str, str], str]


def quiet() -> None:
    """Run once in each child: nobody wants to read what pydicom and OpenJPH think of mutants."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def work(path: str, syntax: str) -> str:
    """Run in a child: read the header as index does, recode as transcode does."""
    content = Path(path).read_bytes()
    storage = MemoryStorage()
    stored = storage.put("archive", "it.dcm", content)
    read(storage, stored.bucket, stored.key, stored.size, syntax)
    task = Task(stored, "copy.dcm", "thumbnail.jpg", second_judge=True)
    return str(transcode(task, storage, Gallery(storage)).outcome)


def through(sample: Iterable[Kept], doing: Work = work) -> Seen:
    """Give each accepted mutant of the sample to a child."""
    seen = Seen()
    children = Children(
        COUNT, initializer=quiet, service="malformed", preload=("tests.malformed.children",)
    )

    def one(kept: Kept) -> tuple[Kept, str, float]:
        begun = time.perf_counter()
        try:
            outcome = children.run(doing, str(kept.path), kept.syntax or "", timeout=SECONDS)
        except ChildDied as death:  # transcode says `failed`, index files an empty header
            outcome = death.code
        except Exception as error:  # noqa: BLE001  the consumer would try it again, and again
            outcome = f"raised {type(error).__name__}"
        return kept, outcome, time.perf_counter() - begun

    try:
        children.run(bool, timeout=10 * SECONDS)  # nothing: to start is on nobody's clock
        with ThreadPoolExecutor(COUNT) as threads:
            for kept, outcome, took in threads.map(one, (k for k in sample if k.syntax)):
                count(seen, kept, outcome, took)
    finally:
        children.close()
    seen.peak_mb = peak_mb()
    return seen


def count(seen: Seen, kept: Kept, outcome: str, took: float) -> None:
    """Judge one outcome."""
    seen.files += 1
    seen.outcomes[outcome] += 1
    if outcome.startswith("raised"):
        seen.crashes.append(f"{kept.name}: {outcome}")
    if outcome == Outcome.TRANSCODED and kept.must is Must.NOT_COPY:
        seen.copied.append(kept.name)
    if ", bomb:" in kept.name and took > seen.slowest:
        seen.slowest, seen.slow = took, kept.name
