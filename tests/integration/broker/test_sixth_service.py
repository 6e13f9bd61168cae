"""A sixth service: under 50 lines, a queue in the table, a broker user that configures nothing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from deploy.local.waiting import until
from shared.broker.apply import apply, request
from shared.broker.hosts import hosts
from shared.broker.publisher import Publisher
from shared.broker.topology import EVENTS, TOPOLOGY, work
from tests.integration.broker.desk import PATIENCE, available

CENSUS = Path(__file__).parent / "census"
QUEUE = "census.studies"
PASSWORD = "only-in-tests"  # noqa: S105  of a broker that lives as long as this run


@pytest.fixture
def amqp_url(environment: Callable[[str], dict[str, str]]) -> Iterator[str]:
    """Return the URL of a user that may consume the new queue and publish, and nothing else."""
    ops = environment("ops")
    amqp_url, management = ops["SCANPASS_AMQP_URL"], ops["SCANPASS_MANAGEMENT_URL"]
    made = work(QUEUE, (EVENTS, "study.available.*"))
    apply(amqp_url, management, TOPOLOGY + made)
    request(management, "PUT", "/api/users/census", {"password": PASSWORD, "tags": ""})
    rights = {
        "configure": "^$",
        "write": r"^(scanpass\.(events|dead)|wait\..*)$",
        "read": rf"^{QUEUE}$",
    }
    request(management, "PUT", "/api/permissions/%2F/census", rights)
    yield f"amqp://census:{PASSWORD}@{amqp_url.rpartition('@')[2]}"
    request(management, "DELETE", "/api/users/census")
    with pika.BlockingConnection(hosts(amqp_url, "test")) as connection:
        for queue in made:
            connection.channel().queue_delete(queue.name)


@contextmanager
def running(amqp_url: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run census as a process of its own."""
    environment = {
        **os.environ,
        "SCANPASS_AMQP_URL": amqp_url,
        "SCANPASS_PROBE_PORT": str(port),
        "PYTHONPATH": str(Path.cwd()),
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.integration.broker.census"], env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answer(port: int, path: str, body: bytes | None = None) -> bytes | None:
    """Return what the service answers, or None while it does not."""
    try:
        with urlopen(Request(f"http://127.0.0.1:{port}{path}", body), timeout=5) as response:
            text = response.read()
            assert isinstance(text, bytes)
            return text
    except URLError:
        return None


def test_it_costs_less_than_fifty_lines() -> None:
    """Everything that is census: what it does, and how it is put together."""
    lines = [line for file in CENSUS.glob("*.py") for line in file.read_text().splitlines()]
    assert 0 < len(lines) < 50


def test_it_counts_each_study_once(
    amqp_url: str, environment: Callable[[str], dict[str, str]], free_port: int
) -> None:
    """Told three times and in two revisions, one study is one; SIGTERM ends it with 0."""
    with running(amqp_url, free_port) as process:
        until(lambda: answer(free_port, "/readyz") is not None, PATIENCE, "census is not ready")
        assert answer(free_port, "/livez") is not None
        publisher = Publisher(environment("ops")["SCANPASS_AMQP_URL"], "test")
        publisher.publish_many([available(), available(), available(2), available(site="south")])
        publisher.close()
        told = json.dumps({"north": 1, "south": 1}).encode()
        until(lambda: answer(free_port, "/count", b"") == told, PATIENCE, "census miscounts")
        until(lambda: b'verdict="ack"} 4.0' in (answer(free_port, "/metrics") or b""), 5, "metrics")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_its_user_can_configure_nothing(amqp_url: str) -> None:
    """Passive declares are all it needs."""
    with (
        pika.BlockingConnection(hosts(amqp_url, "test")) as connection,
        pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"),
    ):
        connection.channel().queue_declare("census.own", durable=True)


def test_a_missing_setting_is_named_in_one_line() -> None:
    """With how to mend it, and exit code 2."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SCANPASS_")}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.integration.broker.census"],
        env={**environment, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        text=True,
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "SCANPASS_AMQP_URL is not set" in ended.stderr
