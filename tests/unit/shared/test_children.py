"""shared.children: bytes from outside may kill a child, and never the service."""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from deploy.local.waiting import until
from shared.children import ChildDied, Children


class Unreadable(Exception):
    """What a parser says."""


def doubled(number: int) -> int:
    return 2 * number


def own_id() -> int:
    return os.getpid()


def unreadable() -> None:
    raise Unreadable


def hang() -> None:
    while True:
        time.sleep(1)


def devour() -> int:
    return len(b"x" * (2 << 30))


def processor_seconds_left() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return resource.getrlimit(resource.RLIMIT_CPU)[0] - used.ru_utime - used.ru_stime


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_the_first_time(mark: str) -> str:
    if not os.path.exists(mark):  # noqa: PTH110  a child needs no more than this
        os.mkdir(mark)  # noqa: PTH102  as above
        killed()
    return "done"


def talkative() -> None:
    warnings.warn("an invalid value: QUINTERO^MARIA", stacklevel=1)
    logging.getLogger("a.library").error("QUINTERO^MARIA")
    structlog.get_logger().warning("frame_short", frame=3)


def group_is_told_to_end() -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    return "went on"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    pool = Children(1, service="test", memory_bytes=1 << 30)
    yield pool
    pool.close()


def test_a_child_answers(children: Children) -> None:
    """What the function returns comes back."""
    assert children.run(doubled, 21) == 42


def test_what_the_function_raises_comes_through_by_its_type(children: Children) -> None:
    """An expected failure of a parser is not a death."""
    with pytest.raises(Unreadable):
        children.run(unreadable)


@pytest.mark.parametrize(
    ("function", "code"),
    [(hang, "child-timeout"), (devour, "child-out-of-memory"), (killed, "child-killed")],
)
def test_a_death_has_a_code_and_the_next_call_works(
    children: Children, function: Callable[[], object], code: str
) -> None:
    """Hanging, eating memory or dying is a reason code; the pool goes on."""
    with pytest.raises(ChildDied) as died:
        children.run(function, timeout=1.0)
    assert died.value.code == code
    assert children.run(doubled, 1) == 2


def test_one_kill_is_not_the_bytes_fault(
    children: Children, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The kernel may have meant another process, so the call is tried once more."""
    mark = tmp_path_factory.mktemp("child") / "killed"
    assert children.run(killed_the_first_time, str(mark)) == "done"


def test_an_idle_child_that_is_killed_is_replaced(children: Children) -> None:
    """The pool behind breaks for good then; the service must not notice."""
    os.kill(children.run(own_id), signal.SIGKILL)
    assert children.run(doubled, 3) == 6


def test_a_child_outlives_a_signal_to_the_group(children: Children) -> None:
    """On SIGTERM the service finishes what is in hand, and needs its children for it."""
    assert children.run(group_is_told_to_end) == "went on"


def test_a_call_has_the_processor_time_that_it_was_given(children: Children) -> None:
    """Each anew: what one has used is not the next one's."""
    for cpu in (700, 50):
        assert cpu - 2 < children.run(processor_seconds_left, cpu=cpu) <= cpu


def test_a_closed_pool_says_so() -> None:
    """Nothing hangs that comes after the end."""
    pool = Children(1, service="test")
    pool.run(own_id)
    pool.close()
    with pytest.raises(ChildDied):
        pool.run(own_id)


PARENT = """
import sys, threading
from deploy.local.waiting import until
from shared.children import Children
from tests.unit.shared.test_children import hang, own_id
if __name__ == "__main__":
    children = Children(1, service="test")
    print(children.run(own_id), flush=True)
    threading.Thread(target=children.run, args=(hang,), daemon=True).start()
    sys.stdin.read()
"""


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """Also when the parent is killed, and the child is in the middle of something."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    until(lambda: gone(child), 10.0, "the child lives on")


def gone(process: int) -> bool:
    """Say whether the process has ended; one that nobody has asked for its end has, too."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


SPEAKING = """
from shared.children import Children
from tests.unit.shared.test_children import talkative
if __name__ == "__main__":
    children = Children(1, service="transcode")
    children.run(talkative)
    children.close()
"""


def test_a_child_speaks_as_its_service_does(tmp_path: Path) -> None:
    """Lines of JSON; of what a library says there is its place, and never what it quotes."""
    script = tmp_path / "speaking.py"
    script.write_text(SPEAKING)
    done = subprocess.run(  # noqa: S603  our own script
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        check=True,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["service"], line["event"]) for line in lines] == [
        ("transcode", "library_said"),
        ("transcode", "frame_short"),
    ]
    assert b"QUINTERO" not in done.stderr
