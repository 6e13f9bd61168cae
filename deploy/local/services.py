"""The services beside a set of servers: started with their own environment, and looked after."""

import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus, client
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.environment import SERVICES
from deploy.local.processes import Child, Command, end
from deploy.local.servers import Servers
from deploy.local.setting import HOST
from deploy.local.waiting import NotUp, until

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0  # seconds until all must be ready
FIRST, LONGEST = 0.2, 10.0  # seconds before a start again, doubling
STEADY = 30.0  # seconds of life after which the next death counts as the first
LOOK = 0.1  # seconds between two looks at who lives


@dataclass
class Life:
    """One service: its process, and when it may be started again."""

    child: Child | None = None
    wanted: bool = True
    pause: float = FIRST
    not_before: float = 0.0
    starts: int = field(default=0)


class Services:
    """Five processes, `python -m services.<name>`; whoever dies is started again."""

    def __init__(
        self,
        servers: Servers,
        names: Iterable[str] = SERVICES,
        extra: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Take the environments from `servers`, overlaid by `extra[name]` (`SCANPASS_…`)."""
        self._servers = servers
        self._extra = extra or {}
        self._lives = {name: Life() for name in names}
        self._guard = threading.RLock()
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start all, and return when all are ready."""
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let all finish what is in hand."""
        self.down()

    def up(self) -> None:
        """Start all.

        Raises:
            NotUp: one is not ready in time; the text names it and its log.

        """
        self._stopping.clear()
        self._look()
        self._watch = threading.Thread(target=self._look_after, name="services")
        self._watch.start()
        self.wait()

    def wait(self, seconds: float = DEADLINE) -> None:
        """Return when all that should run are ready.

        Raises:
            NotUp: one is not within `seconds`.

        """
        deadline = time.monotonic() + seconds
        for name in [name for name, life in self._lives.items() if life.wanted]:
            left = max(0.0, deadline - time.monotonic())
            said = f"{name} does not become ready: see {self.log(name)}"
            until(lambda name=name: self.ready(name), left, said)  # type: ignore[misc]  # mypy#4226

    def ready(self, name: str) -> bool:
        """Say whether the service's process lives and answers `/readyz` with 200."""
        child = self._lives[name].child
        port = self._servers.ports.get(name)
        if child is None or child.ended() or port is None:
            return False
        connection = client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, client.HTTPException):
            return False
        finally:
            connection.close()

    def pid(self, name: str) -> int:
        """Return the number of a service's process."""
        child = self._lives[name].child
        if child is None:
            msg = f"{name} does not run"
            raise NotUp(msg)
        return child.pid

    def starts(self, name: str) -> int:
        """Return how often the service was started."""
        return self._lives[name].starts

    def log(self, name: str) -> Path:
        """Return where the service's lines go."""
        return self._servers.setting.logs / f"{name}.jsonl"

    def kill(self, name: str) -> None:
        """End one service as `kill -9` does; it comes back by itself."""
        with self._guard:
            if child := self._lives[name].child:
                child.kill()

    def stop(self, name: str) -> None:
        """End one service by SIGTERM, and leave it so."""
        with self._guard:
            self._lives[name].wanted = False
            child = self._lives[name].child
        if child:
            end([child])

    def start(self, name: str) -> None:
        """Start one service that was stopped."""
        with self._guard:
            life = self._lives[name]
            life.wanted, life.not_before = True, 0.0
            self._keep(name, life)

    def down(self) -> None:
        """End all by SIGTERM; harmless when nothing runs."""
        self._stopping.set()
        if self._watch is not None:
            self._watch.join()
            self._watch = None
        with self._guard:
            end([life.child for life in self._lives.values() if life.child])

    def _look_after(self) -> None:
        while not self._stopping.wait(LOOK):
            self._look()

    def _look(self) -> None:
        with self._guard:
            for name, life in self._lives.items():
                if life.wanted:
                    self._keep(name, life)

    def _keep(self, name: str, life: Life) -> None:
        """Start `name` where it does not run, though not faster and faster."""
        now = time.monotonic()
        if life.child is not None:
            if not life.child.ended():
                return
            steady = now - life.child.started > STEADY
            life.pause = FIRST if steady else min(life.pause * 2, LONGEST)
            life.child, life.not_before = None, now + life.pause
        if now >= life.not_before:
            life.child = Child(name, self._command(name), self._records, self.log(name))
            life.starts += 1

    @property
    def _records(self) -> Path:
        return self._servers.setting.records

    def _command(self, name: str) -> Command:
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
        environment |= self._servers.environment(name)
        environment.update(self._extra.get(name, {}))
        return Command([sys.executable, "-m", f"services.{name}"], environment, ROOT, patience=30)
