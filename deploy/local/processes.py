"""Child processes on a leash: they follow us into death, and the next start finds them.

A process is known by its pid, its start time (`/proc/<pid>/stat`, field 22, in clock ticks) and
the boot it belongs to, so that nothing of somebody else's is ever signalled.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

# PR_SET_PDEATHSIG strikes when the *thread* that forked ends, so one lasting thread forks for all.
_FORKS = ThreadPoolExecutor(1, thread_name_prefix="forks")
_STARTED = 19  # index of `starttime` among the fields behind the command's closing bracket
_PAUSE = 0.02  # seconds between two looks


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


@dataclass(frozen=True)
class Command:
    """What to start. `farewell` is the signal by which it ends cleanly."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    user: str | None = None  # None: as ourselves
    farewell: signal.Signals = signal.SIGTERM
    patience: float = 20.0  # seconds that it has to end, once it was asked


class Child:
    """One process of ours, leader of its own group, with a record on disk while it runs."""

    def __init__(self, name: str, command: Command, records: Path, log: Path) -> None:
        """Start it; its output is appended to `log`."""
        self.name = name
        self.command = command
        self.started = time.monotonic()
        self._record = records / f"{name}.json"
        self._process = _FORKS.submit(_start, command, log).result()
        self.pid = self._process.pid
        if mark := Mark.of(self.pid):
            written = asdict(mark) | {"farewell": int(command.farewell)}
            self._record.write_text(json.dumps(written))

    def ended(self) -> bool:
        """Say whether it has ended; if so, what was left of its group is ended too."""
        if self._process.returncode is not None:
            return True
        # Seen but not yet reaped, its number cannot mean another group.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_PID, self.pid, flags) is None:
            return False
        self._bury()
        return True

    def wait(self, seconds: float) -> bool:
        """Say whether it ended within `seconds`."""
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def ask(self) -> None:
        """Ask it to end."""
        if not self.ended():
            os.kill(self.pid, self.command.farewell)

    def kill(self) -> None:
        """End it and its group at once, as `kill -9` does."""
        if not self.ended():
            self._bury()

    def _bury(self) -> None:
        with suppress(ProcessLookupError):  # between fork and setsid it leads no group yet
            os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._record.unlink(missing_ok=True)


def end(children: Iterable[Child]) -> None:
    """Ask all at once to end, and kill who has not when its patience is over."""
    asked = time.monotonic()
    waited = list(children)
    for child in waited:
        child.ask()
    for child in sorted(waited, key=lambda child: child.command.patience):
        if not child.wait(asked + child.command.patience - time.monotonic()):
            child.kill()


def reap(records: Path, patience: float = 10.0) -> list[str]:
    """End what an earlier, killed parent left running; return the names of what was found."""
    left = dict(filter(None, map(_left, sorted(records.glob("*.json")))))
    for mark, farewell in left.values():
        mark.send(farewell)
    deadline = time.monotonic() + patience
    for mark, _ in left.values():
        while mark.alive() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        mark.send(signal.SIGKILL)
        while mark.alive():
            time.sleep(_PAUSE)
    for record in records.glob("*.json"):
        record.unlink(missing_ok=True)
    return sorted(left)


def _left(record: Path) -> tuple[str, tuple[Mark, int]] | None:
    """Return name, mark and farewell where the recorded process still runs."""
    try:
        found = json.loads(record.read_text())
        farewell = int(found.pop("farewell"))
        mark = Mark(**found)
    except (ValueError, TypeError, KeyError, OSError):
        return None  # cut off while being written
    return (record.stem, (mark, farewell)) if mark.alive() else None


def run_as(user: str | None, *more: str) -> list[str]:
    """Return the words that put a command under `user`; setpriv is part of util-linux."""
    setpriv = shutil.which("setpriv") or "/usr/bin/setpriv"
    who = [] if user is None else [f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return [setpriv, *who, *more, "--"]


def _start(command: Command, log: Path) -> subprocess.Popen[bytes]:
    leash = run_as(command.user, "--pdeathsig", command.farewell.name.removeprefix("SIG"))
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  the words are ours
            [*leash, *command.arguments],
            env=dict(command.environment),
            cwd=command.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
