"""Child processes on a leash: they follow us into death, and `leftovers` finds who did not."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.mark import Mark

# PR_SET_PDEATHSIG strikes when the *thread* that forked ends, so one lasting thread forks for all.
_FORKS = ThreadPoolExecutor(1, thread_name_prefix="forks")
_PAUSE = 0.02  # seconds between two looks


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
        self._guard = threading.RLock()  # who looks and who ends may be two threads
        self._process = _FORKS.submit(_start, command, log).result()
        self.pid = self._process.pid
        if mark := Mark.of(self.pid):
            record = {"mark": asdict(mark), "farewell": int(command.farewell)}
            self._record.write_text(json.dumps(record | {"patience": command.patience}))

    def ended(self) -> bool:
        """Say whether it has ended; if so, what was left of its group is ended too."""
        with self._guard:
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
        with self._guard:
            if not self.ended():
                os.kill(self.pid, self.command.farewell)

    def kill(self) -> None:
        """End it and its group at once, as `kill -9` does."""
        with self._guard:
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
