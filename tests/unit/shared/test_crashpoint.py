"""shared.crashpoint: every point has a name and every name a point; the one that is told kills."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from docs.generate import generated
from shared.crashpoint import POINTS, VARIABLE

ROOT = Path(__file__).parents[3]
PASSED = re.compile(r'\breached\("([^"]+)"\)')
PROGRAM = """
from shared.crashpoint import reached
for number in range(3):
    reached("consumer.hand.taken")
    reached("consumer.hand.handled")
    print(number, flush=True)
"""


def passed() -> Counter[str]:
    """Return how often each name stands in the code."""
    files = [path for top in ("services", "shared") for path in (ROOT / top).rglob("*.py")]
    return Counter(name for path in files for name in PASSED.findall(path.read_text()))


def ran(crash_at: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath} | ({} if crash_at is None else {VARIABLE: crash_at})
    return subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_point_is_listed_once_and_every_listed_one_is_passed() -> None:
    """The list is the code's: none is missing, none is left over, none means two places."""
    assert passed() == Counter(dict.fromkeys(POINTS, 1))


def test_every_point_is_on_its_page() -> None:
    """The page says where a service can be told to die."""
    page = generated()[Path("crashpoints.md")]
    rows = [f"| `{name}` | {', '.join(each.services)} |" for name, each in POINTS.items()]
    assert [row for row in rows if row not in page] == []


def test_a_process_dies_at_the_pass_it_was_told() -> None:
    """By SIGKILL, with the name in its log, and with nothing done after it."""
    done = ran("consumer.hand.handled:2")
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["0"]
    assert '"point": "consumer.hand.handled"' in done.stderr


@pytest.mark.parametrize("crash_at", [None, "", "consumer.hand.acked:1", "consumer.hand.taken:9"])
def test_no_other_point_kills(crash_at: str | None) -> None:
    """Unset, another point, or more passes than there are: the process goes on."""
    done = ran(crash_at)
    assert done.returncode == 0
    assert done.stdout.split() == ["0", "1", "2"]


def test_a_name_that_is_none_ends_the_process() -> None:
    """A proof with a slip of the pen must not look like one that found nothing."""
    assert ran("consumer.hand.token:1").returncode == 1
