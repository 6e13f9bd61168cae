"""Children are known beyond their number, and end when they should."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from deploy.local.leftovers import reap
from deploy.local.mark import Mark
from deploy.local.processes import Child, Command, end
from deploy.local.waiting import until

SOON = 10.0  # seconds
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(60)"


def sleeping(folder: Path, patience: float = SOON) -> Command:
    return Command(["/bin/sleep", "60"], {}, folder, patience=patience)


@pytest.fixture
def stranger() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["/bin/sleep", "60"])


def mark(pid: int) -> Mark:
    found = Mark.of(pid)
    assert found is not None
    return found


def test_a_child_ends_when_asked(tmp_path: Path) -> None:
    """Its record is there while it runs, and not after."""
    child = Child("one", sleeping(tmp_path), tmp_path, tmp_path / "log")
    record = tmp_path / "one.json"
    assert record.exists()
    assert not child.ended()
    end([child])
    assert child.ended()
    assert not record.exists()


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    """Patience ends."""
    heard = tmp_path / "heard"
    code = STUBBORN.format(f"open({str(heard)!r}, 'w')")
    command = Command([sys.executable, "-c", code], {}, tmp_path, patience=0.1)
    child = Child("deaf", command, tmp_path, tmp_path / "log")
    until(heard.exists, SOON, "the child does not start")
    end([child])
    assert child.ended()


def test_what_a_dead_child_leaves_is_ended_too(tmp_path: Path) -> None:
    """A grandchild does not outlive the child that it served."""
    told = tmp_path / "pid"
    script = f"sleep 60 & echo $! > {told}.new; mv {told}.new {told}; wait"
    command = Command(["/bin/sh", "-c", script], {"PATH": os.defpath}, tmp_path)
    child = Child("parent", command, tmp_path, tmp_path / "log")
    until(told.exists, SOON, "the grandchild does not start")
    grandchild = mark(int(told.read_text()))
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(SOON)
    until(lambda: not grandchild.alive(), SOON, "the grandchild stays")


def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """`kill -9` of the parent reaches the child."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from deploy.local.processes import Child, Command\n"
        "p = Path(sys.argv[1])\n"
        "Child('one', Command(['/bin/sleep', '60'], {}, p), p, p / 'log')\n"
        "(p / 'up').touch(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) as parent:  # noqa: S603  our own
        until((tmp_path / "up").exists, SOON, "the parent does not start")
        child = Mark(**json.loads((tmp_path / "one.json").read_text())["mark"])
        assert child.alive()
        parent.kill()
    until(lambda: not child.alive(), SOON, "the child stays")


def test_a_reused_number_is_not_the_same_process(stranger: "subprocess.Popen[bytes]") -> None:
    """A record whose start time differs means nobody, and nobody is signalled."""
    now = mark(stranger.pid)
    before = replace(now, started=now.started - 1)
    before.send(signal.SIGKILL)
    assert not before.alive()
    assert now.alive()
    now.send(signal.SIGKILL)
    assert stranger.wait(SOON) == -signal.SIGKILL
    assert not now.alive()


def test_only_recorded_processes_are_reaped(
    tmp_path: Path, stranger: "subprocess.Popen[bytes]"
) -> None:
    """What an earlier parent left is ended, and no stranger under an old number."""
    ours = subprocess.Popen(["/bin/sleep", "60"])
    theirs = mark(stranger.pid)
    for name, it in (("ours", mark(ours.pid)), ("old", replace(theirs, boot="another"))):
        told = {"mark": asdict(it), "farewell": int(signal.SIGTERM), "patience": SOON}
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    (tmp_path / "torn.json").write_text('{"mark"')

    assert reap(tmp_path) == ["ours"]
    assert ours.wait(SOON) == -signal.SIGTERM
    assert theirs.alive()
    assert list(tmp_path.glob("*.json")) == []
    stranger.kill()
    stranger.wait(SOON)
