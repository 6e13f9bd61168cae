"""Fixtures that every suite may use: one private set of real servers, only where asked for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from deploy.local import Servers

LOCAL = Path(__file__).parents[1] / ".local"


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Forget the level that a command or service which another test has started here has set."""
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together when several processes share the work, each with its servers."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


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
