"""What a person waits for in Chromium: a first picture on a cold page, and a series on a phone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
BYTES = 10_000_000 / 8  # a second, either way
SLOW = {
    "offline": False,
    "latency": 80,  # ms until an answer begins
    "downloadThroughput": BYTES,
    "uploadThroughput": BYTES,
}
PATIENCE = 120.0  # seconds
LOOK = 50  # ms between two looks at what has come
# Told by the page's own clock, which begins with the navigation; after the frame it is drawn in.
FIRST = """
    document.addEventListener("load", (event) => {
        if (!(event.target instanceof HTMLImageElement) || !event.target.closest(".pane")) return;
        requestAnimationFrame(() => { window.firstPicture ??= performance.now(); });
    }, true);
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run one; WebGL 2 is drawn by the processor."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def cold(browser: Browser, how: dict[str, Any], *, slow: bool) -> Iterator[tuple[Page, CDPSession]]:
    """Give a page of a browser that has seen nothing, on the usual line or on a slow one."""
    with browser.new_context(**how) as context:
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        if slow:
            line.send("Network.emulateNetworkConditions", SLOW)
        yield page, line


def first_picture(browser: Browser, address: str, *, slow: bool = False) -> float:
    """Return milliseconds from the navigation to `address` until a picture is seen."""
    with cold(browser, DESK, slow=slow) as (page, _):
        page.add_init_script(FIRST)
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => window.firstPicture", timeout=1000 * PATIENCE)
        return float(page.evaluate("() => window.firstPicture"))


@dataclass
class Line:
    """What came over the wire: bytes with their headers, and of which instances a picture."""

    megabytes: float = 0.0
    pictures: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)

    def ask(self, event: dict[str, Any]) -> None:
        """Hear of a request."""
        self.asked[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def have(self, event: dict[str, Any]) -> None:
        """Hear of the end of an answer."""
        self.megabytes += event["encodedDataLength"] / 1e6
        path = self.asked.get(event["requestId"], "")
        if path.endswith("/rendered"):
            self.pictures.add(path)


def series_on_phone(browser: Browser, address: str, pictures: int) -> tuple[float, float]:
    """Return seconds and MB until a phone on a slow line has all `pictures` of a series.

    Raises:
        TimeoutError: it never has.

    """
    with cold(browser, PHONE, slow=True) as (page, line):
        came = Line()
        line.on("Network.requestWillBeSent", came.ask)
        line.on("Network.loadingFinished", came.have)
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        while len(came.pictures) < pictures:
            if time.perf_counter() - began > PATIENCE:
                raise TimeoutError(len(came.pictures))
            page.wait_for_timeout(LOOK)
        return time.perf_counter() - began, came.megabytes
