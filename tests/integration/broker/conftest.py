"""A queue of the test's own on the real broker."""

import socket
from collections.abc import Callable, Iterator

import pytest

from shared.broker.apply import set_policy
from shared.broker.publisher import Publisher
from shared.broker.topology import TIERS, topology
from shared.config import ServiceSettings, read
from shared.service import Service
from tests.integration.broker.desk import Desk, Running

SHORT = dict.fromkeys(TIERS, 100)  # milliseconds


@pytest.fixture
def desk(environment: Callable[[str], dict[str, str]]) -> Iterator[Desk]:
    ops = environment("ops")
    one = Desk(ops["SCANPASS_AMQP_URL"], ops["SCANPASS_MANAGEMENT_URL"])
    yield one
    one.delete()


@pytest.fixture
def publisher(desk: Desk) -> Iterator[Publisher]:
    one = Publisher(desk.amqp_url, "test")
    yield one
    one.close()


@pytest.fixture
def short_tiers(desk: Desk) -> Iterator[None]:
    """Let the wait queues wait for a tenth of a second only."""

    def waiting(ttls: dict[str, int]) -> None:
        for queue in topology(ttls).queues:
            if queue.name in TIERS:
                set_policy(desk.management_url, "/", queue)

    waiting(SHORT)
    yield
    waiting(TIERS)


@pytest.fixture
def run() -> Iterator[Callable[[Service], Running]]:
    """Run services until the end of the test."""
    running: list[Running] = []

    def start(service: Service) -> Running:
        running.append(Running(service))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def census(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set the environment of a service, and let the test add to it."""
    monkeypatch.setenv("SCANPASS_AMQP_URL", desk.amqp_url)
    monkeypatch.setenv("SCANPASS_LOG_LEVEL", "WARNING")
    return monkeypatch


@pytest.fixture
def service(census: pytest.MonkeyPatch) -> Service:
    """Return a service that has no plans yet."""
    del census  # its environment is what counts
    return Service("census", read(ServiceSettings))


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
