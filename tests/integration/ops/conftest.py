"""The real `scanpass`, as an operator starts it, against the real servers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import uuid4

import pytest

from deploy.local import Servers, Services
from shared.db import Database

PROGRAM = Path(sys.executable).with_name("scanpass")


@dataclass(frozen=True)
class Done:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the one document on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Variables: TypeAlias = Mapping[str, str | None]


class Scanpass(Protocol):
    """Runs one command line; `variables` overlay what ops sees, None takes one away."""

    def __call__(self, *words: str, variables: Variables | None = None) -> Done:
        """Run it to its end."""


@pytest.fixture
def scanpass(environment: Callable[[str], dict[str, str]], tmp_path: Path) -> Scanpass:
    """Run the console script with the environment of ops, in an empty folder and home."""
    home = tmp_path / "home"
    home.mkdir()

    def run(*words: str, variables: Variables | None = None) -> Done:
        given = {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8"}
        seen = {**given, **environment("ops"), **(variables or {})}
        done = subprocess.run(  # noqa: S603  our own program
            [str(PROGRAM), *words],
            cwd=tmp_path,
            env={name: value for name, value in seen.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def site(scanpass: Scanpass) -> str:
    """Make a site known that nobody else uses, with a short quiet time."""
    name = f"o{uuid4().hex[:12]}"
    words = ("--title", "Test Clinic", "--help-phone", "+15550100", "--quiet", "0.5")
    assert scanpass("site", "add", name, *words).code == 0
    return name


@pytest.fixture(scope="module")
def database(environment: Callable[[str], dict[str, str]]) -> Iterator[Database]:
    """Look into the tables as their owner."""
    one = Database(environment("owner")["SCANPASS_DATABASE_URL"], name="test")
    yield one
    one.close()


@pytest.fixture(scope="module")
def services(servers: Servers) -> Iterator[Services]:
    """Run all four services, ended with the module."""
    with Services(servers, extra={"ingest": {"SCANPASS_SWEEP_SECONDS": "0.5"}}) as running:
        yield running
