"""One run of the demo in a private folder, for all tests here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from deploy.local import Servers
from deploy.local.demo.judged import variables
from deploy.local.demo.stage import Stage, stage
from shared.db import Database
from tests import judge
from tests.e2e.walking import CHROMIUM, DRAWN

REPOSITORY = Path(__file__).parents[2]
LONGEST = 280  # seconds


@dataclass(frozen=True)
class Run:
    """How one `make demo ONCE=1` ended."""

    code: int
    printed: str
    said: str  # on stderr

    @property
    def numbers(self) -> dict[str, Any]:
        """Return the last line."""
        found: dict[str, Any] = json.loads(self.printed.splitlines()[-1])
        return found


def demo(root: Path) -> Run:
    """Run the demo in `root` as `make demo ONCE=1` does."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "deploy.local.demo", "--once", "--root", str(root)],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "ONCE"},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of this session's demo."""
    folder = tmp_path_factory.mktemp("demo") / "local"
    yield folder
    Servers(folder).remove()


@pytest.fixture(scope="session")
def first(root: Path) -> Run:
    """Return how the first run ended."""
    return demo(root)


@pytest.fixture(scope="module")
def judged(root: Path, first: Run) -> Iterator[judge.Case]:
    """Return the case of a run that is over: all is settled, and then no service runs any more."""
    assert first.code == 0, first.printed + first.said
    with stage(root) as running, pytest.MonkeyPatch.context() as environment:
        of = running.servers.environment
        told = variables(of, root / "demo" / "data", running.mailbox, 0)
        for name, value in told.items():
            environment.setenv(name, value)
        case = judge.case()
        judge.settle(case.edges)
        running.services.down()
        yield case
        case.edges.close()


@pytest.fixture(scope="module")
def running(root: Path, first: Run) -> Iterator[Stage]:
    """Return the demo, up again after its first run."""
    assert first.code == 0, first.printed + first.said
    with stage(root) as running:
        yield running


@pytest.fixture
def unclaimed(running: Stage) -> Stage:
    """Return the demo as it was before María used her codes."""
    forgotten(running)
    return running


def forgotten(running: Stage) -> None:
    """Let the demo be as it was before María used her codes."""
    owner = Database(running.servers.environment("owner")["SCANPASS_DATABASE_URL"], pool_size=1)
    with owner.transaction() as connection:
        connection.execute("UPDATE access.claim SET ended_at = now() WHERE ended_at IS NULL")
        connection.execute("UPDATE access.contact SET ended_at = now() WHERE ended_at IS NULL")
        connection.execute("UPDATE access.invitation SET used_at = NULL, tries = 0")
    owner.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=DRAWN)
    yield browser
    browser.close()
