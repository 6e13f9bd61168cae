"""The viewer inside a ZIP, opened as from a disc: from a file, by Chromium without a network."""

from functools import partial
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from deploy.local.waiting import until
from tests.e2e.firefox import firefox

CHROMIUM = "/usr/bin/chromium"
LEAST = 16  # pixels of a side: what is smaller is no picture
SEEN = "img => img.complete ? Math.min(img.naturalWidth, img.naturalHeight) : 0"


def opened(folder: Path, shot: Path) -> bool:
    """Say whether the first and the last picture of a series are seen; `shot` shows the last."""
    errors: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / "index.html").as_uri())
        picture, slide = page.locator("#picture"), page.locator("#slide")
        seen = []
        for place in ("1", slide.get_attribute("max") or "1"):
            slide.fill(place)
            expect(picture).to_have_js_property("complete", value=True)
            seen.append(picture.evaluate(SEEN))
        page.screenshot(path=shot)
        browser.close()
    return min(seen) >= LEAST and not errors and all(each.startswith("file:") for each in asked)


def in_firefox(folder: Path, profile: Path) -> bool:
    """Say whether Firefox shows the first and the last picture of a series; `profile` is new."""
    with firefox(profile) as window:
        window.go((folder / "index.html").as_uri())
        for place in ("1", "slide.max"):
            window.ask(
                f"const slide = document.getElementById('slide'); slide.value = {place};"
                "slide.dispatchEvent(new Event('input'));"
            )
            seen = f"return ({SEEN})(document.getElementById('picture')) >= {LEAST}"
            until(partial(window.ask, seen), 30, "Firefox shows no picture")
    return True
