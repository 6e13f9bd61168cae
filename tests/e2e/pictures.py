"""`make screenshots`: the demo's pages as they look today, into `docs/screenshots/`.

María has a phone that speaks Spanish, and then a desk where it is English.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from deploy.local import Servers
from deploy.local.demo.stage import stage
from tests.e2e.conftest import REPOSITORY, demo, forgotten
from tests.e2e.tour import tour
from tests.e2e.walking import CHROMIUM, DRAWN, ON_A_DESK, ON_A_PHONE

ROOT = REPOSITORY / ".local" / "pictures"
FOLDER = REPOSITORY / "docs" / "screenshots"
# Which pages, and what they are called there.
PHONE = {
    "claim-code": "claim",
    "scans": "scans",
    "scan": "scan",
    "viewer": "viewer",
    "share": "share",
    "share-link": "link",
    "looked-by-doctor": "looked",
    "receipt": "receipt",
    "settings": "settings",
}
DESK = {
    "claim-code": "claim",
    "scans": "scans",
    "scan": "scan",
    "viewer": "viewer",
    "viewer-address": "own-viewer",
    "guest-landing": "landing",
    "guest-viewer": "doctor",
    "looked-by-doctor": "looked",
}


def main() -> int:
    """Make them all."""
    done = demo(ROOT)
    if done.code:
        sys.stderr.write(done.printed + done.said)
        return done.code
    try:
        with stage(ROOT) as running, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=DRAWN)
            for size, names, language, kind in (
                (ON_A_PHONE, PHONE, "es", "phone"),
                (ON_A_DESK, DESK, "en", "desktop"),
            ):
                forgotten(running)
                for name, page in tour(running, browser, language, size):
                    if name in names:
                        page.screenshot(path=file(names[name], kind))
            browser.close()
    finally:
        Servers(ROOT).remove()
    return 0


def file(name: str, kind: str) -> Path:
    """Return where a picture stands."""
    return FOLDER / f"{name}-{kind}.png"


if __name__ == "__main__":
    sys.exit(main())
