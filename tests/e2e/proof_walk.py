"""The same walk where it takes long: in Firefox, and into OHIF (`make viewer-proof`)."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from deploy.local.demo.stage import Stage
from tests.e2e.firefox import firefox
from tests.e2e.walking import ON_A_DESK, SUR, link_from, person, to_the_head, walk_by_keys


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
    with page.expect_response(re.compile(r"/v/.*/frames/1$")) as frame:
        page.get_by_role("link", name="Visor para médicos (OHIF)").click()
    assert frame.value.ok
    expect(page.get_by_text("Quintero", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Vista sencilla").click()
    expect(page.locator("#place")).to_have_text("91 de 181")
    assert maria.errors == []
    maria.context.close()
