"""Say whether a committed ratio has fallen by a fifth: `make bench-check`.

Nothing is measured here. Of each file of results the last run is compared with the best before it;
runs while others kept the machine busy count for neither, for their ratios say little.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

FOLDER = Path(__file__).parent
RATIOS = (
    *("share_of_bare_limit", "ingest_vs_orthanc_recoding", "ingest_vs_orthanc_plain"),
    *("frames_ratio", "stored_frames_ratio", "metadata_ratio"),
)
LEAST = 0.8  # of the best
BUSY = 0.5  # part of all cores that others used
Run: TypeAlias = Mapping[str, Any]


def fallen(runs: Iterable[Run]) -> list[str]:
    """Return which ratios of the last run are less than `LEAST` of the best before, and how."""
    quiet = [run for run in runs if run.get("others_busy", 0.0) <= BUSY]
    found = []
    for name in RATIOS:
        ratios = [run[name] for run in quiet if name in run]
        if len(ratios) > 1 and ratios[-1] < LEAST * max(ratios[:-1]):
            found.append(f"{name} fell from {max(ratios[:-1])} to {ratios[-1]}")
    return found


def main(files: Sequence[Path]) -> int:
    """Print what has fallen."""
    told = [
        f"{file.name}: {each}\n"
        for file in files
        for each in fallen(json.loads(line) for line in file.read_text().splitlines())
    ]
    sys.stdout.write("".join(told) or "no ratio has fallen by a fifth\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sorted(FOLDER.glob("*.jsonl"))))
