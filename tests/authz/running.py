"""A portal beside real servers, with or without a fault, and a run of requests at it."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from tests.authz.asking import Asked, Portal, verdict
from tests.authz.scene import Scene
from tests.received.people import People

REPOSITORY = Path(__file__).parents[2]
DEADLINE = 120.0  # seconds until a portal must be ready
THREADS = 8
SHOWN = 20  # offenders that are named


@dataclass
class Tally:
    """What came of a run: how many requests, what was wrong, and the first offenders."""

    requests: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    offenders: list[str] = field(default_factory=list)

    def add(self, one: Asked, wrong: str, status: int) -> None:
        """Count one answer; an address is not told, for it may hold a viewing."""
        self.requests += 1
        if wrong:
            self.wrong[wrong] += 1
            how = "viewing" if one.viewing else "cookie"
            fuzzed = ", fuzzed" if one.fuzzed else ""
            if len(self.offenders) < SHOWN:
                where = "/".join(one.where)
                self.offenders.append(
                    f"{wrong}: {one.reader} by {how} at {where}{one.route}: {status}{fuzzed}"
                )


@contextmanager
def portal(environment: Mapping[str, str], log: Path, plant: str = "") -> Iterator[Portal]:
    """Run a portal with the fault `plant`, or with none."""
    command = [sys.executable, "-m", "tests.authz.planted", *([plant] if plant else [])]
    variables = {"PATH": os.defpath, "LANG": "C.UTF-8", **environment}
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603  our own program
            command, cwd=REPOSITORY, env=variables, stdout=out, stderr=out
        )
    try:
        wait(process, int(environment["SCANPASS_PROBE_PORT"]))
        yield addressed(environment)
    finally:
        process.terminate()
        process.wait(30)


def addressed(environment: Mapping[str, str]) -> Portal:
    """Return the origins of the portal that runs with `environment`."""
    return Portal(
        f"http://127.0.0.1:{environment['SCANPASS_PORTAL_PORT']}",
        f"http://127.0.0.1:{environment['SCANPASS_VIEWER_PORT']}",
        People.cookie_name(environment["SCANPASS_PORTAL_URL"]),
    )


def wait(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the portal is ready."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    message = "the portal does not become ready"
    raise RuntimeError(message)


def run(at: Portal, scene: Scene, requests: Iterable[Asked], tally: Tally) -> None:
    """Ask all of `requests`, several at once, and judge each answer."""

    def judged(one: Asked) -> tuple[Asked, str, int]:
        came = at.ask(one)
        return one, verdict(scene, one, came), came.status

    with ThreadPoolExecutor(THREADS) as threads:
        for one, wrong, status in threads.map(judged, requests):
            tally.add(one, wrong, status)
    at.close()
