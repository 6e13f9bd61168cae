"""Processes, frozen and killed as the kernel does it."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children[int(fields[1])].append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        found.append(each := todo.pop())
        todo += children[each]
    return found


def alive(pid: int) -> bool:
    """Say whether a process runs, and is no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keep a process and all that descend from it from running."""
    held = tree(pid)
    send(held, signal.SIGSTOP)
    try:
        yield
    finally:
        send(held, signal.SIGCONT)


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal processes of ours; one that is gone is no error."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
