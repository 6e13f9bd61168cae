"""María's way, in a real browser: from a text message on her phone to her first picture."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect

from deploy.local.demo.data import HEAD_SITE
from deploy.local.demo.head import PATIENT_ID
from deploy.local.demo.stage import Stage
from tests.e2e.tour import tour
from tests.e2e.walking import (
    CHROMIUM,
    NO_WEBGL,
    ON_A_DESK,
    SUR,
    Chromium,
    born,
    link_from,
    links,
    person,
    phone,
    texts,
    to_the_head,
    walk_by_keys,
)

HELPER, HERS = "Lucía", "+34600000199"
ASKED = re.compile(r"(http://\S+/h) .* (\w{4}-\w{4}-\w)")
OTHERS = """
    SELECT site, study_uid FROM catalogue.study JOIN catalogue.record USING (record, site)
    WHERE (patient_id, site) <> (%s, %s) LIMIT 10
"""
PAGES = 28
# WCAG 2.2, levels A and AA, as axe-core names its rules.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def test_from_a_text_message_to_a_picture(unclaimed: Stage, chromium: Browser) -> None:
    """In Spanish, on a phone, without a mail address: a birth date is all that she types."""
    maria = phone(chromium)
    page = maria.page
    assert len(links(unclaimed)) == 2
    for link in links(unclaimed):
        page.goto(link)
        expect(page.locator("[name=code]")).not_to_have_value("")  # out of the link
        born(page)
        expect(page.get_by_role("heading", name="Mis estudios")).to_be_visible()
    hospitals = page.locator(".scan").all_inner_texts()
    assert len(hospitals) == 2
    assert "Hospital del Sur" in "".join(hospitals)
    assert "North Hospital" in "".join(hospitals)
    page.get_by_role("link", name="Resonancia magnética de la cabeza").click()
    expect(page.get_by_text("181 de 181 imágenes, tal como las envió el hospital")).to_be_visible()
    page.get_by_role("button", name="Ver las imágenes").click()
    expect(page.locator("#place")).to_have_text("91 de 181")
    expect(page.get_by_text("María Quintero")).to_be_visible()
    shown = page.locator(".pane img, .pane canvas").first
    expect(shown).to_be_visible()
    page.get_by_role("link", name="Siguiente").click()
    expect(page.locator("#place")).to_have_text("92 de 181")
    assert maria.errors == []
    maria.context.close()


def test_without_scripts_it_is_the_same_way(unclaimed: Stage, chromium: Browser) -> None:
    """The code is typed then, and each picture is a page."""
    maria = phone(chromium, java_script_enabled=False)
    page = maria.page
    link = links(unclaimed)[-1]
    page.goto(link)
    page.locator("[name=code]").fill(link.partition("#")[2])
    born(page)
    page.locator(".scan h2 a").first.click()
    page.get_by_role("button", name="Ver las imágenes").click()
    place = page.locator("#place")
    before = place.inner_text()
    picture = page.locator(".pane img")
    assert picture.evaluate("img => img.complete && img.naturalWidth > 100")
    page.get_by_role("link", name="Siguiente").click()
    assert place.inner_text() != before
    maria.context.close()


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_can_be_used_by_everyone(
    unclaimed: Stage, chromium: Browser, language: str
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA, in either language, on whatever page there is."""
    found, seen = dict[str, object](), set[str]()
    for name, page in tour(unclaimed, chromium, language):
        assert page.locator("html").get_attribute("lang") == language
        result = Axe().run(page, options={"runOnly": RULES}).response
        found.update({f"{name}: {each['id']}": each["nodes"] for each in result["violations"]})
        seen.add(name)
    assert found == {}
    assert len(seen) >= PAGES


def test_keys_alone_do(unclaimed: Stage, chromium: Browser) -> None:
    """Tab, Enter and arrows lead to the pictures and back; at every stop the focus is seen."""
    maria = person(chromium, viewport=ON_A_DESK)
    walk_by_keys(Chromium(maria.page), link_from(unclaimed, SUR))
    assert maria.errors == []
    maria.context.close()


def test_without_webgl_a_desk_shows_pictures(unclaimed: Stage, playwright: Playwright) -> None:
    """The same way at 1280 by 720; nothing is offered that cannot be had there."""
    with playwright.chromium.launch(executable_path=CHROMIUM, args=NO_WEBGL) as plain:
        maria = person(plain, viewport=ON_A_DESK)
        page = maria.page
        to_the_head(page, link_from(unclaimed, SUR))
        page.get_by_role("button", name="Ver las imágenes").click()
        expect(page.locator(".pane.taken")).to_have_count(1)
        page.get_by_role("link", name="Siguiente").click()
        expect(page.locator("#place")).to_have_text("92 de 181")
        drawn = "() => document.querySelector('.pane img').naturalWidth > 100"
        page.wait_for_function(drawn)
        expect(page.locator("#ohif")).to_be_hidden()
        expect(page.locator("[data-do=full]")).to_be_hidden()
        page.get_by_role("link", name="Mis estudios").click()
        expect(
            page.get_by_role("heading", name="Resonancia magnética de la cabeza")
        ).to_be_visible()
        assert maria.errors == []


def test_who_helps_sees_what_she_may(unclaimed: Stage, chromium: Browser) -> None:
    """Lucía joins on her own browser, sees María's scans and nobody else's, until María ends it."""
    maria = phone(chromium)
    page = maria.page
    to_the_head(page, link_from(unclaimed, SUR))
    page.get_by_role("link", name="Ajustes").click()
    page.get_by_role("link", name="Ver quién me ayuda").click()
    page.locator("[name=name]").fill(HELPER)
    page.locator("[name=address]").fill(HERS)
    page.get_by_role("button", name="Pedir ayuda").click()
    expect(page.get_by_role("heading", name=HELPER)).to_be_visible()

    lucia = person(chromium, viewport=ON_A_DESK)
    hers = lucia.page
    address, code = invited(hers, unclaimed)
    hers.goto(address)
    hers.locator("[name=code]").fill(code)
    hers.get_by_role("button", name="Ayudar").click()
    expect(hers.locator(".scan")).to_have_count(1)
    expect(hers.locator(".scan")).to_contain_text("María Quintero")
    hers.get_by_role("link", name="Resonancia magnética de la cabeza").click()
    scan = hers.url
    hers.get_by_role("button", name="Ver las imágenes").click()
    expect(hers.locator("#place")).to_have_text("91 de 181")
    viewer = hers.url
    portal = scan.partition("/scans")[0]
    with unclaimed.database.transaction() as connection:
        closed = connection.execute(OTHERS, (PATIENT_ID, HEAD_SITE)).fetchall()
    assert len(closed) > 5
    for row in closed:
        assert status(hers, f"{portal}/scans/{row['site']}/{row['study_uid']}") == 404

    page.get_by_role("link", name="Quién ha mirado").click()
    expect(page.locator(".people")).to_contain_text(HELPER)
    page.goto(page.url.replace("/looked", "/helpers"))
    page.get_by_role("button", name=re.compile(HELPER)).click()
    assert status(hers, scan) == 404
    assert status(hers, viewer) == 404
    for who in (maria, lucia):
        who.context.close()


def invited(page: Page, running: Stage) -> tuple[str, str]:
    """Return the address and the code in Lucía's text message, as soon as it is there."""
    for _ in range(600):
        if found := [ASKED.search(text) for text in texts(running, HERS)]:
            assert found[-1]
            return found[-1][1], found[-1][2]
        page.wait_for_timeout(100)
    raise AssertionError


def status(page: Page, address: str) -> int:
    """Return how the page at an address is answered."""
    answer = page.goto(address)
    assert answer
    return answer.status
