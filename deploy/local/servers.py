"""One set of the three servers, started, looked after and ended as one."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from deploy.local import environment as variables
from deploy.local.broker import Broker, Names
from deploy.local.database import Database
from deploy.local.keeper import lock
from deploy.local.leftovers import reap
from deploy.local.processes import Child, Command, end
from deploy.local.setting import Setting, prepare
from deploy.local.store import Store
from deploy.local.waiting import PAUSE, NotUp

DEADLINE = 90.0  # seconds; a warm start takes about 7
AGAIN = 1.0  # seconds between two starts of a server that ends at once


class Server(Protocol):
    """One server of the set."""

    name: str

    def configure(self) -> None:
        """Write what it needs before its start. Again is harmless."""

    def command(self) -> Command:
        """Return how it is started."""

    def ready(self) -> bool:
        """Say whether it serves; never blocks for more than a few seconds."""

    def provision(self) -> None:
        """Make what the services expect in it. Again is harmless."""

    def tidy(self) -> None:
        """Remove what it leaves outside its folder."""


class Servers:
    """RabbitMQ (`broker`), SeaweedFS (`s3`) and PostgreSQL (`database`) under one folder."""

    def __init__(self, root: Path, *, supervise: bool = False) -> None:
        """Name the folder; with `supervise`, whoever dies is started again."""
        self.root = root.resolve()
        self._supervise = supervise
        self._lock: IO[str] | None = None
        self._setting: Setting | None = None
        self._servers: dict[str, Server] = {}
        self._children: dict[str, Child] = {}
        self._guard = threading.RLock()
        self._stopping = threading.Event()
        self._watch: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start all."""
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
        """Stop all."""
        self.down()

    @property
    def setting(self) -> Setting:
        """Return ports and passwords; there are none before the start."""
        if self._setting is None:
            msg = "the servers were not started"
            raise RuntimeError(msg)
        return self._setting

    @property
    def ports(self) -> dict[str, int]:
        """Return who listens where."""
        return self.setting.ports

    def environment(self, service: str) -> dict[str, str]:
        """Return what `service` (also `ops`, `hospital`, `owner`) sees, `SCANPASS_…` only."""
        return variables.environment(service, self.setting)

    def pid(self, name: str) -> int:
        """Return the number of a server's process."""
        return self._children[name].pid

    def up(self) -> None:
        """Start all servers side by side, and make what the services expect in them.

        Raises:
            InUse: another process looks after this set.
            NotUp: a server does not come up; the text names it and its log.

        """
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock = lock(self.root)
        self._stopping.clear()
        reap(self.root / "run")
        self._setting = prepare(self.root, variables.PASSWORDS)
        variables.write(self._setting)
        names = Names(self._setting)
        others = self._made(self._setting)
        self._servers = {server.name: server for server in (names, *others)}
        self.start(names.name)
        with ThreadPoolExecutor(len(others)) as pool:
            starts = [pool.submit(self.start, server.name) for server in others]
            try:
                for done in as_completed(starts):
                    done.result()
            except BaseException:
                self._stopping.set()  # the others need not go on
                raise
        if self._supervise:
            self._watch = threading.Thread(target=self._look_after, name="supervision")
            self._watch.start()

    def _made(self, setting: Setting) -> tuple[Server, ...]:
        """Return the servers that are started side by side."""
        return (Broker(setting), Store(setting), Database(setting))

    def start(self, name: str) -> None:
        """Start one server, also after a `kill`; return when it serves and has all it needs."""
        server = self._servers[name]
        server.configure()
        deadline = time.monotonic() + DEADLINE
        while not (self._running(server) and server.ready()):
            if time.monotonic() > deadline:
                msg = f"{name} does not come up: see {self.setting.logs / name}.log"
                raise NotUp(msg)
            if self._stopping.wait(PAUSE):
                msg = f"{name} was stopped while it came up"
                raise NotUp(msg)
        server.provision()

    def kill(self, name: str) -> None:
        """End one server as `kill -9` does."""
        self._children[name].kill()

    def stop(self, name: str) -> None:
        """End one server cleanly."""
        end([self._children[name]])
        self._servers[name].tidy()

    def down(self) -> None:
        """End all, in order; harmless when nothing runs."""
        self._stopping.set()
        if self._watch is not None:
            self._watch.join()
            self._watch = None
        with self._guard:
            names = self._children.pop("names", None)
            end(self._children.values())
            end([names] if names else [])  # the node says good-bye to it
            self._children.clear()
            for server in self._servers.values():
                server.tidy()
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """End all, also what a killed process of ours left, and remove every byte of it.

        Raises:
            InUse: another process looks after this set.

        """
        self.down()
        if self.root.exists():
            lock(self.root).close()
            reap(self.root / "run")
        erase(self.root)

    def _running(self, server: Server) -> bool:
        """Say whether the server's process lives; start it where it does not."""
        with self._guard:
            child = self._children.get(server.name)
            if child is not None and not child.ended():
                return True
            too_soon = child is not None and time.monotonic() < child.started + AGAIN
            if too_soon or self._stopping.is_set():
                return False
            log = self.setting.logs / f"{server.name}.log"
            command = server.command()
            self._children[server.name] = Child(server.name, command, self.setting.records, log)
        return False  # it has had no time yet

    def _look_after(self) -> None:
        while not self._stopping.wait(10 * PAUSE):
            for server in self._servers.values():
                self._running(server)


def erase(root: Path) -> None:
    """Remove a set that does not run, and the database's folder elsewhere if it has one."""
    pointer = root / "database.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
