"""What a killed parent left running: found by its records, and ended."""

import json
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.mark import Mark

PAUSE = 0.02  # seconds between two looks


@dataclass(frozen=True)
class Left:
    """A process that an earlier parent started, and how it wants to be ended."""

    name: str
    mark: Mark
    farewell: int
    patience: float

    @classmethod
    def read(cls, record: Path) -> Self | None:
        """Return what `record` tells of, or None where it was cut off or its process is gone."""
        try:
            told = json.loads(record.read_text())
            left = cls(record.stem, Mark(**told["mark"]), told["farewell"], told["patience"])
        except (ValueError, TypeError, KeyError, OSError):
            return None
        return left if left.mark.alive() else None


def reap(records: Path) -> list[str]:
    """End what an earlier, killed parent left running; return the names of what was found."""
    left = [found for record in records.glob("*.json") if (found := Left.read(record))]
    for one in left:
        one.mark.send(one.farewell)
    asked = time.monotonic()
    for one in sorted(left, key=lambda one: one.patience):
        while one.mark.alive() and time.monotonic() < asked + one.patience:
            time.sleep(PAUSE)
        one.mark.send(signal.SIGKILL)
        while one.mark.alive():
            time.sleep(PAUSE)
    for record in records.glob("*.json"):
        record.unlink(missing_ok=True)
    return sorted(one.name for one in left)
