"""Services of two releases beside one set of servers: each replica has ports of its own."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus, client
from pathlib import Path

from deploy.local.broker import Broker
from deploy.local.database import Database
from deploy.local.demo.scanpass import Scanpass
from deploy.local.processes import Child, Command, end
from deploy.local.servers import Server, Servers
from deploy.local.setting import HOST, Setting, blocks
from deploy.local.store import Store
from deploy.local.waiting import until
from services.ops import migrate

READY = 120.0  # seconds
PAUSE = 1.0  # seconds in which nobody new is sent to a portal before it is told to end: its preStop


def setup(checkout: Path, environment: Mapping[str, str], *words: str) -> None:
    """Run a setup Job of a release: `topology apply` or `db migrate`."""
    Scanpass(dict(environment), checkout)(*words)


def of_release(checkout: Path) -> type[Servers]:
    """Return servers with the queues and the schema of a release."""

    class Released(Servers):
        """As a release has them."""

        def _made(self, setting: Setting) -> tuple[Server, ...]:
            return (Broker(setting), Store(setting), Migrated(setting))

    class Migrated(Database):
        """With the tables of that release, whatever newer steps there are."""

        def provision(self) -> None:
            """Let the release's own code make them."""
            ours = migrate.ROOT
            try:
                migrate.ROOT = checkout
                super().provision()
            finally:
                migrate.ROOT = ours

    return Released


@dataclass
class Replica:
    """One process of a service."""

    service: str
    release: str
    probe: int  # ports
    pages: int
    child: Child

    def __str__(self) -> str:
        """Name it."""
        return f"{self.service} ({self.release})"

    def ready(self) -> bool:
        """Say whether it answers `/readyz` with 200."""
        return self.get("/readyz")[0] == HTTPStatus.OK

    def get(self, path: str) -> tuple[int, str]:
        """Return what the probes' port answers; 0 where nobody does."""
        connection = client.HTTPConnection(HOST, self.probe, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def handled(self) -> float:
        """Return how many messages it has acknowledged."""
        return sum(
            float(line.rpartition(" ")[2])
            for line in self.get("/metrics")[1].splitlines()
            if line.startswith("scanpass_messages_handled_total{") and 'verdict="ack"' in line
        )


@dataclass(frozen=True)
class Release:
    """The code of one release, and how its services are started."""

    name: str
    checkout: Path
    servers: Servers
    extra: Mapping[str, Mapping[str, str]]
    plant: str = ""  # a fault that is built in

    def start(self, service: str, number: int = 1) -> Replica:
        """Start one replica; it is not ready yet."""
        ports = blocks()
        probe, pages, viewer = (next(ports) for _ in range(3))
        own = {"SCANPASS_PROBE_PORT": str(probe)}
        if service == "portal":
            own |= {"SCANPASS_PORTAL_PORT": str(pages), "SCANPASS_VIEWER_PORT": str(viewer)}
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
        environment |= {**self.servers.environment(service), **self.extra.get(service, {}), **own}
        program = ["-m", f"services.{service}"]
        if self.plant:
            program = ["-m", "tests.upgrade.planted", self.plant, service]
        command = Command([sys.executable, *program], environment, self.checkout, patience=60)
        name, setting = f"{service}-{self.name}-{number}", self.servers.setting
        child = Child(name, command, setting.records, setting.logs / f"{name}.jsonl")
        return Replica(service, self.name, probe, pages, child)


class Fleet:
    """All replicas that run, and the portals that somebody may be sent to."""

    def __init__(self) -> None:
        """Have none."""
        self.replicas: list[Replica] = []
        self.portals: list[Replica] = []

    def add(self, replicas: list[Replica]) -> None:
        """Wait until these are ready; send visitors to the portals among them.

        Raises:
            NotUp: one is not.

        """
        self.replicas += replicas
        for each in replicas:
            until(each.ready, READY, f"{each} does not become ready")
        self.portals += [each for each in replicas if each.service == "portal"]

    def end(self, replica: Replica) -> None:
        """End one by SIGTERM: a portal is left out first, and has a moment for who is on the way.

        Raises:
            RuntimeError: it had to be killed.

        """
        if replica in self.portals:
            self.portals.remove(replica)
            time.sleep(PAUSE)
        self.replicas.remove(replica)
        replica.child.ask()
        if not replica.child.wait(replica.child.command.patience):
            replica.child.kill()
            msg = f"{replica} does not end"
            raise RuntimeError(msg)

    def of(self, release: str) -> list[Replica]:
        """Return the replicas of one release."""
        return [each for each in self.replicas if each.release == release]

    def down(self) -> None:
        """End all."""
        end(each.child for each in self.replicas)
        self.replicas.clear()
        self.portals.clear()


@contextmanager
def fleet() -> Iterator[Fleet]:
    """Have a fleet, and leave nothing of it."""
    made = Fleet()
    try:
        yield made
    finally:
        made.down()
