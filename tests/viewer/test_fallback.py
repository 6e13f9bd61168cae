"""Where there is no WebGL, or no script at all, there are pictures."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.every_file.generate import COLOURS
from tests.viewer.conftest import Serve, Visit
from tests.viewer.hospital import Hospital, phantom
from tests.viewer.test_hands import COUNT, PATIENCE, STUDY, place, place_ready

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    """Return one scan."""
    found = Hospital()
    found.add(phantom(COUNT, study=STUDY, series=f"{STUDY}.1"))
    return found


def width(page: Page) -> int:
    """Return how wide the picture is that the browser has drawn; 0 is none."""
    return int(page.locator(".pane img").evaluate("img => img.complete && img.naturalWidth"))


def test_without_webgl_pictures_are_gone_through(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """The server's pictures scroll, take a window and can be measured; no more is offered."""
    server = serve(hospital)
    page = visit(server.page(STUDY), browser="plain_browser")
    assert page.evaluate("() => document.createElement('canvas').getContext('webgl2')") is None
    place_ready(page)
    page.locator(".pane").hover()
    page.mouse.wheel(0, 120)
    place(page, 2)
    page.keyboard.press("ArrowDown")
    place(page, 3)
    page.wait_for_function("() => document.querySelector('.pane img').naturalWidth > 0")
    with page.expect_response(re.compile("window=480,2500,linear"), timeout=PATIENCE):
        page.locator("#windows").select_option("Bone")
    page.get_by_role("button", name="Measure").click()
    page.mouse.move(500, 300)
    page.mouse.down()
    page.mouse.move(600, 300)
    page.mouse.up()
    expect(page.locator("#notice")).to_have_text(re.compile(r"^[\d.]+ mm$"))
    assert page.locator("[data-do=full]").is_hidden()
    assert not [asked for asked in server.asked if "/parts/full" in asked]


def test_without_scripts_links_lead_through(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """The page is whole without scripts: picture, number, next, previous, series."""
    page = visit(serve(hospital).page(STUDY), java_script_enabled=False)
    expect(page.locator("#place")).to_have_text(f"1 of {COUNT}")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#place")).to_have_text(f"2 of {COUNT}")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#place")).to_have_text(f"1 of {COUNT}")
    expect(page.get_by_role("button", name="Measure")).to_be_hidden()
    expect(page.locator(".series a")).to_have_count(1)


def test_what_the_decoders_would_show_wrongly_stays_a_picture(serve: Serve, visit: Visit) -> None:
    """The browser's decoders cut off negative values of 8 bits: the server's picture stays."""
    hospital = Hospital()
    study = hospital.add([COLOURS["signed-8-bit"]("signed-8-bit")])
    server = serve(hospital)
    page = visit(server.page(study))
    with page.expect_response(re.compile("/frames/1$"), timeout=PATIENCE):
        pass
    page.wait_for_load_state("networkidle")
    assert page.locator(".pane.sharp").count() == 0
    assert width(page) > 0


@pytest.mark.parametrize("language", ["en", "es"])
def test_axe_finds_nothing(language: str, serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """No violation of WCAG 2.2 AA."""
    page = visit(serve(hospital).page(STUDY, language=language, rendered="1"), bypass_csp=True)
    place_ready(page)
    found = Axe().run(page, options={"runOnly": WCAG})
    assert [each["id"] for each in found.response["violations"]] == []


def test_the_page_speaks_spanish(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """Every word that the page or the script says is in the page's language."""
    page = visit(serve(hospital).page(STUDY, language="es", rendered="1"))
    place_ready(page)
    expect(page.locator("#place")).to_have_text(f"1 de {COUNT}")
    expect(page.get_by_role("button", name="Medir")).to_be_visible()
    assert page.locator("#windows option").first.text_content() == "Original"
