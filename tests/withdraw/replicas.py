"""Two portals beside real servers, and the way to both of their origins."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.authz.running import wait
from tests.received.people import People

REPOSITORY = Path(__file__).parents[2]
TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and when it was read."""

    status: int
    location: str
    body: str
    at: float


@dataclass(frozen=True, slots=True)
class Replica:
    """One portal."""

    pages: int  # ports
    viewer: int
    cookie: str  # its name

    def form(self, path: str, cookie: str = "", **said: str) -> Answer:
        """Send a form to the pages."""
        body = urlencode(said)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if cookie:
            headers["cookie"] = f"{self.cookie}={cookie}"
        connection = HTTPConnection("127.0.0.1", self.pages, timeout=TIMEOUT)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            read = answer.read().decode()
            location = answer.getheader("location", "")
            return Answer(answer.status, location, read, time.perf_counter())
        finally:
            connection.close()

    def page(self, path: str, cookie: str) -> str:
        """Return a page."""
        connection = HTTPConnection("127.0.0.1", self.pages, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={"cookie": f"{self.cookie}={cookie}"})
            return connection.getresponse().read().decode()
        finally:
            connection.close()


@contextmanager
def replicas(environment: Mapping[str, str], log: Path, plant: str = "") -> Iterator[list[Replica]]:
    """Run two portals with the fault `plant`, or with none."""
    with ExitStack() as stack:
        yield [stack.enter_context(replica(environment, log, plant)) for _ in range(2)]


@contextmanager
def replica(environment: Mapping[str, str], log: Path, plant: str) -> Iterator[Replica]:
    """Run one portal on ports of its own."""
    pages, viewer, probe = free(3)
    told = {"PORTAL_PORT": pages, "VIEWER_PORT": viewer, "PROBE_PORT": probe}
    variables = {"PATH": os.defpath, "LANG": "C.UTF-8", **environment}
    variables |= {f"SCANPASS_{name}": str(port) for name, port in told.items()}
    command = [sys.executable, "-m", "tests.withdraw.planted", *([plant] if plant else [])]
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603  our own program
            command, cwd=REPOSITORY, env=variables, stdout=out, stderr=out
        )
    try:
        wait(process, probe)
        name = People.cookie_name(environment["SCANPASS_PORTAL_URL"])
        yield Replica(pages, viewer, name)
    finally:
        process.terminate()
        process.wait(30)


def free(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
