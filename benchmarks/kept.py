"""Where results are kept: a line of JSON a run, with the commit it was measured at."""

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path


def keep(file: Path, result: Mapping[str, object]) -> None:
    """Append the result of a run to `file`."""
    git = ["git", "-C", str(file.parent)]
    commit = output([*git, "rev-parse", "--short", "HEAD"])
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit + ("+" if output([*git, "status", "--porcelain"]) else ""),
        "cores": os.cpu_count(),
        **result,
    }
    with file.open("a") as results:
        results.write(json.dumps(kept) + "\n")


def output(command: list[str]) -> str:
    """Return what `command` prints, or nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  git
    return done.stdout.strip()
