"""One process at a time looks after a set of servers."""

import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import IO

from deploy.local.mark import Mark


class InUse(Exception):
    """Another process looks after this set."""


def lock(root: Path) -> IO[str]:
    """Return the lock of a set: it is let go with its holder, however that one ends.

    Raises:
        InUse: another process holds it.

    """
    held = (root / "lock").open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        holder = keeper(root)
        who = f"process {holder.pid}" if holder else "another process"
        msg = f"{who} runs the servers of {root} already: stop it with `make down`"
        raise InUse(msg) from None
    held.truncate(0)
    if mark := Mark.of(os.getpid()):
        held.write(json.dumps(asdict(mark)))
        held.flush()
    return held


def keeper(root: Path) -> Mark | None:
    """Return the living process that looks after a set, or None."""
    try:
        mark = Mark(**json.loads((root / "lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return mark if mark.alive() else None
