"""deploy.local.demo as a whole: run as `make demo` runs it, and judged from outside."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from deploy.local.demo.judged import judge, variables
from deploy.local.environment import environment
from deploy.local.setting import load
from tests.e2e.conftest import REPOSITORY, Run

DOWN = 60  # seconds


def judged(root: Path) -> int:
    """Return the judge's exit code for the demo that runs in `root`."""
    setting = load(root)
    assert setting is not None
    of = partial(environment, setting=setting)
    return judge(variables(of, root / "demo" / "data", root / "demo" / "post", 0))


def test_a_run_is_judged_good(first: Run) -> None:
    """Everything that was dropped has arrived, byte for byte and pixel for pixel."""
    assert first.code == 0, first.printed + first.said
    numbers = first.numbers
    assert numbers["instances"] == 218  # 37 real files under SOP Instance UIDs, and 181 slices
    assert (numbers["quarantined"], numbers["conflicts"]) == (3, 1)
    assert numbers["letters"] > 10
    assert numbers["texts"] == 4  # two of them to María, by either hospital
    assert numbers["originals_equal"]
    assert numbers["copies_equal"]


def test_it_shows_what_came_of_it(first: Run) -> None:
    """Letters, a search, the quarantine with its reasons, and what to open."""
    for shown in ("Quintero", "not-dicom", "mailbox: http://127.0.0.1:"):
        assert shown in first.printed


def started(root: Path) -> subprocess.Popen[str]:
    """Start the demo as `make demo` does: it stays until it is told to stop."""
    return subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "deploy.local.demo", "--root", str(root)],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "ONCE"},
        stdout=subprocess.PIPE,
        text=True,
    )


def prints(running: subprocess.Popen[str], words: str) -> bool:
    """Wait for a line with `words`; False where the program ends without it."""
    assert running.stdout is not None
    return any(words in line for line in running.stdout)


def stops(running: subprocess.Popen[str], signum: signal.Signals, root: Path) -> bool:
    """Tell the program to stop, and say whether it ends well and leaves nothing running."""
    running.send_signal(signum)
    return running.wait(DOWN) == 0 and not list((root / "run").iterdir())


def test_ctrl_c_in_the_middle_stops_everything(first: Run, root: Path) -> None:
    """Also while files are being dropped, nothing that was started stays behind."""
    assert first.code == 0
    with started(root) as running:
        assert prints(running, "in the drop")
        assert stops(running, signal.SIGINT, root)


def test_again_without_cleaning_is_the_same_and_ends_cleanly(first: Run, root: Path) -> None:
    """The second drop is a redelivery: nothing is doubled. SIGTERM stops all that was started."""
    assert first.code == 0
    with started(root) as running:
        assert prints(running, "until Ctrl-C")
        assert judged(root) == 0
        assert stops(running, signal.SIGTERM, root)
