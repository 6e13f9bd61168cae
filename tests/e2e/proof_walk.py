"""The walk where it takes long: in Firefox, into OHIF, and on to a doctor (`make viewer-proof`)."""

import re
from http.client import NOT_FOUND
from pathlib import Path

from playwright.sync_api import Browser, Response, expect

from deploy.local.demo.stage import Stage
from deploy.local.waiting import until
from tests.e2e.firefox import firefox
from tests.e2e.walking import (
    ON_A_DESK,
    PATIENCE,
    SUR,
    birth_date,
    link_from,
    person,
    phone,
    texts,
    to_the_head,
    walk_by_keys,
)

TOLD = "ha abierto lo que usted comparte"
FRAME, OHIF = re.compile(r"/v/.*/frames/1$"), "/viewer?"


def test_keys_alone_do_in_firefox(unclaimed: Stage, tmp_path: Path) -> None:
    """Tab, Enter and arrows lead to the pictures and back; at every stop the focus is seen."""
    with firefox(tmp_path / "profile") as window:
        walk_by_keys(window, link_from(unclaimed, SUR))


def test_doctors_have_ohif(unclaimed: Stage, chromium: Browser) -> None:
    """Its button leads to the same pictures, by the same viewing, in the same language."""
    maria = person(chromium, viewport=ON_A_DESK)
    page = maria.page
    to_the_head(page, link_from(unclaimed, SUR))
    page.get_by_role("button", name="Ver las imágenes").click()

    def of_ohif(answer: Response) -> bool:
        return OHIF in page.url and FRAME.search(answer.url) is not None

    with page.expect_response(of_ohif) as frame:
        page.get_by_role("link", name="Visor para médicos (OHIF)").click()
    assert frame.value.ok
    expect(page.get_by_text("Quintero").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Vista sencilla").click()
    expect(page.locator("#place")).to_have_text("91 de 181")
    assert maria.errors == []
    maria.context.close()


def test_a_doctor_looks_until_it_is_taken_back(unclaimed: Stage, chromium: Browser) -> None:
    """María shares, a doctor without an account scrolls, she sees who, and one button ends it."""
    maria, doctor = phone(chromium), person(chromium, "en-GB", viewport=ON_A_DESK)
    page, hers = maria.page, doctor.page
    to_the_head(page, link_from(unclaimed, SUR))
    page.get_by_role("link", name="Compartir este estudio").click()
    page.get_by_role("button", name="Compartir", exact=True).click()
    expect(page.get_by_role("heading", name="Está compartido")).to_be_visible()
    link = page.locator("#address").input_value()

    hers.goto(link)
    hers.get_by_role("button", name="Go on").click()
    birth_date(hers)
    hers.locator("[name=name]").fill("Dr. Vega")
    hers.get_by_role("button", name="Look at the images").click()
    hers.locator(".scans h2 a").first.click()
    expect(hers.locator("#place")).to_have_text("91 of 181")
    hers.get_by_role("link", name="Next").click()
    expect(hers.locator("#place")).to_have_text("92 of 181")
    looked = hers.url

    until(lambda: any(TOLD in each for each in texts(unclaimed)), 60, "María is told nothing")
    page.get_by_role("link", name="Ver quién lo abrió, o retirarlo").click()
    expect(page.locator(".people")).to_contain_text("Dr. Vega")
    page.get_by_role("button", name="Retirarlo").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(hers.locator("#over")).to_be_visible(timeout=PATIENCE)  # by itself
    assert hers.locator("img, canvas").count() == 0
    refused = hers.goto(looked)
    assert refused
    assert refused.status == NOT_FOUND
    page.goto(f"{page.url.partition('/shared')[0]}/looked")
    expect(page.locator(".people")).to_contain_text("Dr. Vega")
    for who in (maria, doctor):
        who.context.close()
