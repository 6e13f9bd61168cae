"""Which process is meant: a pid alone may mean another one by now.

A process is known by its pid, its start time (`/proc/<pid>/stat`, field 22, in clock ticks) and
the boot it belongs to, so that nothing of somebody else's is ever signalled.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_STARTED = 19  # index of `starttime` among the fields behind the command's closing bracket


@dataclass(frozen=True)
class Mark:
    """Which process this is, beyond the reuse of its number."""

    pid: int
    started: int  # clock ticks after boot
    boot: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Return the mark of a living process, or None where it is gone or only a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        if fields[0] in "ZX":
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return cls(pid, int(fields[_STARTED]), boot)

    def alive(self) -> bool:
        """Say whether this very process still runs."""
        return Mark.of(self.pid) == self

    def send(self, signum: int) -> None:
        """Signal this very process; one that is gone is no error."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.alive():  # asked while the handle keeps the number from meaning another
                    signal.pidfd_send_signal(handle, signum)
            finally:
                os.close(handle)
