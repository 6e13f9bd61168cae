"""The overlays, rendered once, by tools that are fetched where they are not here yet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.k8s import tools
from tests.k8s.tools import Rendered

REPOSITORY = Path(__file__).parents[4]


@pytest.fixture(scope="session", autouse=True)
def _fetched() -> None:
    told = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([REPOSITORY / "deploy/k8s/tools.sh"], env=told, check=True)  # noqa: S603  ours


@pytest.fixture(scope="session")
def overlays() -> dict[str, Rendered]:
    """Return every overlay as `kubectl apply -k` would send it."""
    return tools.rendered()
