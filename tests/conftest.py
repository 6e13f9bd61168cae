"""Fixtures that every suite may use: one private set of real servers, only where asked for."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from deploy.local import Servers

LOCAL = Path(__file__).parents[1] / ".local"


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Forget what a command, service or library of another test has set in this process."""
    structlog.reset_defaults()
    logging.disable(logging.NOTSET)
    library = logging.getLogger("pydicom")
    library.setLevel(logging.WARNING)  # its own
    library.disabled, library.propagate = False, True


ONE_DEMO = {f"tests/e2e/test_{name}.py" for name in ("demo", "judge_bites", "walk")}


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file's tests share their servers, so one process has them all; so do files on one demo.

    xdist's own `xdist_group` is written into a private attribute that pytest 9.2 has no more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "demo" if file in ONE_DEMO else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Share the work out by files, in the order in which they were collected."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start RabbitMQ, SeaweedFS and PostgreSQL for this run, and remove every byte after it.

    Topology, schemas, roles and buckets are there. A test that kills a server starts it again.
    """
    for left in LOCAL.glob("test-*"):
        if not Path("/proc", left.name.removeprefix("test-")).exists():
            Servers(left).remove()  # of a run that was killed
    mine = Servers(LOCAL / f"test-{os.getpid()}")
    try:
        with mine:
            yield mine
    finally:
        mine.remove()


@pytest.fixture(scope="session")
def environment(servers: Servers) -> Callable[[str], dict[str, str]]:
    """Return what a service sees: `environment("ingest")["SCANPASS_DATABASE_URL"]`.

    Also for `ops`, for `hospital` (drops), and for `owner` (owns schemas and buckets).
    """
    return servers.environment
