"""Browsers, and the viewer as it is built."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from tests.viewer.hospital import Hospital
from tests.viewer.server import Server, serving

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
SOFTWARE_WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_WEBGL = ["--disable-3d-apis"]
DESK, PHONE = ViewportSize(width=1280, height=720), ViewportSize(width=390, height=844)

Serve: TypeAlias = Callable[[Hospital], Server]
Visit: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Build the viewer, unless it is built."""
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([ROOT / "deploy/local/viewer.sh"], check=True, env=environment)  # noqa: S603


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start the driver once."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium with WebGL 2 in software."""
    with launched(playwright, SOFTWARE_WEBGL) as found:
        yield found


@pytest.fixture(scope="session")
def plain_browser(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium without any WebGL."""
    with launched(playwright, NO_WEBGL) as found:
        yield found


def launched(playwright: Playwright, arguments: list[str]) -> Browser:
    """Return a browser; it is closed by its context manager."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a hospital until the test ends."""
    with ExitStack() as stack:
        yield lambda hospital: stack.enter_context(serving(hospital))


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open an address in a fresh context; the test fails if the page or its policy complains."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def opened(address: str, browser: str = "browser", **options: Any) -> Page:  # noqa: ANN401
            chosen: Browser = request.getfixturevalue(browser)
            context = stack.enter_context(chosen.new_context(**{"viewport": DESK, **options}))
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda line: complaints.append(line.text) if line.type == "error" else None,
            )
            page.goto(address)
            return page

        yield opened
    assert [each for each in complaints if "404" not in each] == []
