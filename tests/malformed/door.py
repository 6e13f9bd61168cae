"""What ingest says of each mutant, in one process: the parent that must never die."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from services.ingest.inspect import Finding, Instance, inspect
from tests.malformed.mutations import Must, Mutant

Look: TypeAlias = Callable[[BinaryIO], Finding]

SAMPLED = 512 << 10  # bytes; larger mutants go no further than the door
RARE = 3  # mutants of a source, a kind and an outcome that always go further
ONE_IN = 24  # of the others that are taken; of the refused, one in so many times ten


@dataclass(frozen=True, slots=True)
class Kept:
    """A mutant that goes on to the children and through the whole system: its bytes on disk."""

    path: Path
    name: str
    must: Must
    syntax: str | None  # as the door found; None: it was refused


@dataclass(slots=True)
class Tally:
    """What was seen. All but `kept` are small."""

    files: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)  # taken, by the oracle's excuse
    accepted: list[str] = field(default_factory=list)  # though they must be refused
    refused: list[str] = field(default_factory=list)  # though they are good
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds until a refusal
    slow: str = ""
    peak_mb: float = 0.0
    kept: list[Kept] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add what another saw."""
        self.files += other.files
        self.kinds += other.kinds
        self.excused += other.excused
        self.accepted += other.accepted
        self.refused += other.refused
        self.crashes += other.crashes
        if other.slowest > self.slowest:
            self.slowest, self.slow = other.slowest, other.slow
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.kept += other.kept


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def door(mutants: Iterator[Mutant], folder: Path, look: Look = inspect) -> Tally:
    """Have `look` judge every mutant; keep offenders, and a fair sample to go further."""
    tally, seen = Tally(), Counter[tuple[str, str, bool]]()
    for mutant in mutants:
        tally.files += 1
        tally.kinds[mutant.kind] += 1
        begun = time.perf_counter()
        try:
            finding = look(BytesIO(mutant.content))
        except Exception as error:  # noqa: BLE001  each is a finding
            tally.crashes.append(f"{name(mutant)}: {type(error).__name__}")
            keep(mutant, folder / "offenders", None)
            continue
        took = time.perf_counter() - begun
        taken = isinstance(finding, Instance)
        if not taken and took > tally.slowest:
            tally.slowest, tally.slow = took, name(mutant)
        if taken and mutant.excuse:
            tally.excused[mutant.excuse] += 1
        if judged(mutant, tally, taken=taken):
            keep(mutant, folder / "offenders", None)
        key = (mutant.source, mutant.kind, taken)
        seen[key] += 1
        rate = ONE_IN if taken else ONE_IN * 10
        if len(mutant.content) <= SAMPLED and (seen[key] <= RARE or seen[key] % rate == 0):
            syntax = finding.transfer_syntax_uid if isinstance(finding, Instance) else None
            tally.kept.append(keep(mutant, folder / "sample", syntax))
    tally.peak_mb = peak_mb()
    return tally


def gathered(parts: Sequence[Future[Tally]]) -> Tally:
    """Return what all parts saw, each at work in another process; one may have died."""
    total = Tally()
    for place, part in enumerate(parts):
        try:
            total.add(part.result())
        except BrokenProcessPool:
            total.crashes.append(f"part {place}: the process died")
    return total


def judged(mutant: Mutant, tally: Tally, *, taken: bool) -> bool:
    """Say whether the finding is an offence, and count it."""
    if taken and mutant.must is Must.REFUSE:
        tally.accepted.append(name(mutant))
    elif not taken and mutant.must is Must.ACCEPT:
        tally.refused.append(name(mutant))
    else:
        return False
    return True


def name(mutant: Mutant) -> str:
    """Return what it takes to make a mutant again."""
    return f"{mutant.source}, {mutant.kind}: {mutant.what}"


def keep(mutant: Mutant, folder: Path, syntax: str | None) -> Kept:
    """Write a mutant's bytes down."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / sha256(mutant.content).hexdigest()
    path.write_bytes(mutant.content)
    return Kept(path, name(mutant), mutant.must, syntax)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
