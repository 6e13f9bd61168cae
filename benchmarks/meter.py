"""What processes cost, from /proc: processor time and memory, with all their descendants."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")  # a second


@dataclass(frozen=True)
class Process:
    """One line of /proc: processor seconds of its own and of its children that have ended."""

    pid: int
    parent: int
    seconds: float
    ended: float


def processes() -> dict[int, Process]:
    """Return what runs now."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (process := read(entry)):
            found[process.pid] = process
    return found


def read(entry: Path) -> Process | None:
    """Return one process, or None when it has ended meanwhile (proc(5), fields 4 and 14 to 17)."""
    try:
        fields = (entry / "stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return Process(int(entry.name), int(fields[1]), own / TICK, ended / TICK)


def family(root: int, running: Mapping[int, Process]) -> list[Process]:
    """Return `root` and all its descendants."""
    found, look = [], [root]
    while look:
        pid = look.pop()
        if pid in running:
            found.append(running[pid])
        look += [each.pid for each in running.values() if each.parent == pid]
    return found


def seconds(roots: Mapping[str, int]) -> dict[str, float]:
    """Return the processor seconds that each family has used until now."""
    running = processes()
    return {
        name: sum(each.seconds + each.ended for each in family(root, running))
        for name, root in roots.items()
    }


class Others:
    """How busy this machine is with what is not ours: a measurement beside them is worth less."""

    def __init__(self) -> None:
        """Begin."""
        self._began = self._now()

    def share(self) -> float:
        """Return the part of all cores that others have used since the beginning, 0 to 1."""
        busy, ours, whole = (now - then for now, then in zip(self._now(), self._began, strict=True))
        return max(0.0, busy - ours) / whole

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Return processor seconds: of everyone, of us and our descendants, and those there are."""
        ticks = [int(each) for each in Path("/proc/stat").read_text().split()[1:9]]
        idle = ticks[3] + ticks[4]  # proc(5): idle and iowait
        ours = seconds({"ours": os.getpid()})["ours"]
        return (sum(ticks) - idle) / TICK, ours, sum(ticks) / TICK


def peak_mb(roots: Iterable[int]) -> float:
    """Return the most memory that any one process of these families ever had resident, in MB."""
    running = processes()
    return max(peak_of(each.pid) for root in roots for each in family(root, running))


def peak_of(pid: int) -> float:
    """Return VmHWM of one process in MB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
