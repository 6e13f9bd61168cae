"""The whole system, with `kill -9` of everybody while work is in flight."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local import Servers
from deploy.local.demo.__main__ import play
from deploy.local.demo.data import lay_out
from deploy.local.demo.judged import judge, variables
from deploy.local.demo.stage import Stage, stage
from shared.errors import EdgeDown

SERVICES = ("ingest", "transcode", "index", "notify")
SERVERS = ("s3", "broker", "database")
PAUSE = 0.7  # seconds between two kills
LONGEST = 60.0  # seconds until enough is in flight


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Stage]:
    root = tmp_path / "local"
    try:
        with stage(root) as standing:
            yield standing
    finally:
        Servers(root).remove()


def in_flight(running: Stage) -> int:
    """Return how many instances have come in and are not through, or -1 while nobody can say."""
    try:
        counts = running.look()
    except EdgeDown:
        return -1
    return counts.pending + 2 * counts.archived - counts.filed - counts.settled


def await_work(running: Stage) -> int:
    """Return how much is in flight, once something is."""
    deadline = time.monotonic() + LONGEST
    while (found := in_flight(running)) <= 0:
        assert time.monotonic() < deadline, "nothing is in flight any more"
        time.sleep(0.05)
    return found


def test_a_killed_process_costs_nothing(running: Stage) -> None:
    """Each service and each server dies once in the middle of a run; the judge sees nothing."""
    since = time.time()
    data = running.folder / "data"
    lay_out(data)
    with ThreadPoolExecutor(1) as thread:
        played = thread.submit(play, running, data, Console(file=StringIO()))
        pids = {name: running.servers.pid(name) for name in SERVERS}
        for name in (*SERVICES, *SERVERS):
            assert await_work(running) > 0
            assert not played.done()
            (running.services if name in SERVICES else running.servers).kill(name)
            time.sleep(PAUSE)
        played.result()
    assert all(running.servers.pid(name) != pid for name, pid in pids.items())
    assert [running.services.starts(name) for name in SERVICES] == [2, 2, 2, 2]
    assert judge(variables(running.servers.environment, data, running.mailbox, since)) == 0
