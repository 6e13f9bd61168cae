"""Starting, stopping and losing the process that looks after a set of servers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.local import InUse, Servers
from deploy.local.mark import Mark
from deploy.local.waiting import until

ROOT = Path(__file__).parents[3]
START, STOP = 120.0, 60.0  # seconds


@dataclass
class Supervisor:
    """`python -m deploy.local run` in a process of its own."""

    root: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return its number."""
        assert self.process is not None
        return self.process.pid

    def runs(self) -> bool:
        """Say whether it lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, and return when its servers serve."""
        (self.root / "ready").unlink(missing_ok=True)
        words = ["-m", "deploy.local", "--root", str(self.root), "run", "--servers-only"]
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT)  # noqa: S603  our own
        until((self.root / "ready").exists, START, "the supervisor does not become ready")

    def end(self, signum: int) -> int:
        """Signal it, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.wait(STOP)

    def marks(self) -> list[Mark]:
        """Return its children's."""
        records = (self.root / "run").glob("*.json")
        return [Mark(**json.loads(record.read_text())["mark"]) for record in records]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """Name a folder that only its owner may enter, as a home of mode 0700 is."""
    one = Supervisor(tmp_path_factory.mktemp("home") / ".local")
    yield one
    one.end(signal.SIGTERM)
    Servers(one.root).remove()
    assert not one.root.exists()


@pytest.fixture
def supervisor(lasting: Supervisor) -> Supervisor:
    """Give one that runs; a test may end it."""
    if not lasting.runs():
        lasting.start()
    return lasting


def running_under(root: Path) -> list[str]:
    """Return the commands of all processes that work in `root` or speak of it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = (process / "cwd").readlink()
        except OSError:
            continue
        if str(root) in words or place.is_relative_to(root):
            found.append(words)
    return found


def database(root: Path) -> str:
    """Return the address in the owner's file of variables."""
    lines = (root / "env" / "owner.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)["SCANPASS_DATABASE_URL"]


def test_two_sets_run_side_by_side(servers: Servers, supervisor: Supervisor) -> None:
    """Two checkouts share no port, no name and no data."""
    ours, theirs = servers.environment("owner")["SCANPASS_DATABASE_URL"], database(supervisor.root)
    with psycopg.connect(ours) as mine, psycopg.connect(theirs) as other:
        directories = {
            connection.execute("select current_setting('data_directory')").fetchone()
            for connection in (mine, other)
        }
    ports = json.loads((supervisor.root / "ports.json").read_text())

    assert len(directories) == 2
    assert not set(ports.values()) & set(servers.ports.values())


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_clean_stop_leaves_no_process(supervisor: Supervisor, signum: int) -> None:
    """Ctrl-C and SIGTERM end every server, and the exit code is 0."""
    marks = supervisor.marks()

    assert all(mark.alive() for mark in marks)
    assert len(marks) == 4  # the three, and the broker's daemon of names
    assert supervisor.end(signum) == 0
    assert not [mark for mark in marks if mark.alive()]
    assert running_under(supervisor.root) == []


def test_a_killed_supervisor_takes_its_servers_along(supervisor: Supervisor) -> None:
    """After `kill -9` of the one who looks after them nothing stays behind for long."""
    marks = supervisor.marks()
    supervisor.end(signal.SIGKILL)
    until(lambda: not any(mark.alive() for mark in marks), STOP, "servers outlive their supervisor")


def test_a_start_after_a_kill_has_the_data(supervisor: Supervisor) -> None:
    """Stale records, half-ended servers and a left lock do not keep the next one from starting."""
    with psycopg.connect(database(supervisor.root)) as connection:
        connection.execute("create table public.before as select 1 as it")
    old = supervisor.marks()
    supervisor.end(signal.SIGKILL)
    supervisor.start()

    with psycopg.connect(database(supervisor.root)) as connection:
        assert connection.execute("select it from public.before").fetchone() == (1,)
        connection.execute("drop table public.before")
    assert not [mark for mark in old if mark.alive()]


def test_a_set_has_one_keeper(supervisor: Supervisor) -> None:
    """A second one is told in one line who was first."""
    with pytest.raises(InUse, match=f"process {supervisor.pid} .* `make down`"):
        Servers(supervisor.root).up()


def test_a_dead_server_is_started_again(supervisor: Supervisor) -> None:
    """The supervisor does not leave a gap open."""
    url = database(supervisor.root)
    with psycopg.connect(url) as connection:
        row = connection.execute("select pg_postmaster_start_time()").fetchone()
    killed = json.loads((supervisor.root / "run" / "database.json").read_text())["mark"]["pid"]
    os.kill(killed, signal.SIGKILL)

    def back() -> bool:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return connection.execute("select pg_postmaster_start_time()").fetchone() != row
        except psycopg.OperationalError:
            return False

    until(back, START, "the database does not come back")
