"""OHIF as the portal serves it: it shows what there is, and asks nobody else."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.viewer.conftest import PHONE, Serve, Visit
from tests.viewer.hospital import Hospital, phantom
from tests.viewer.test_hands import COUNT, PATIENCE, STUDY

BUTTON = "View for doctors (OHIF)"
BONE, BODY, AIR = 255, 128, 0  # of the phantom, through its first window


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    """Return one scan."""
    found = Hospital()
    found.add(phantom(COUNT, study=STUDY, series=f"{STUDY}.1"), words="CT of the head")
    return found


def shades(page: Page) -> set[int]:
    """Return the greys that cover at least a hundredth of the picture, in steps of 16."""
    seen = Image.open(BytesIO(page.locator("canvas").last.screenshot())).convert("RGB")
    pixels = np.asarray(seen).reshape(-1, 3)
    grey = pixels[pixels.max(axis=1) == pixels.min(axis=1), 0]
    values, counts = np.unique(grey // 16, return_counts=True)
    return {int(each) for each in values[counts > len(pixels) / 100]}


def test_ohif_shows_a_scan_and_asks_nobody_else(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """From its button to the picture and back; its policy is not offended, nothing stays."""
    server = serve(hospital)
    page = visit(server.page(STUDY))
    hosts, context = set[str](), page.context
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_text("Citizen, Ann")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Confirm and hide").click()
    frames = re.compile(r"/frames/1$")
    wanted = {BONE // 16, BODY // 16, AIR // 16}
    for _ in range(60):
        if wanted <= shades(page):
            break
        page.wait_for_timeout(500)
    assert wanted <= shades(page)
    assert [asked for asked in server.asked if frames.search(asked)]
    assert hosts - {""} == {f"127.0.0.1:{server.server_port}"}
    assert context.cookies() == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    page.get_by_role("link", name="Simple view").click()
    expect(page.locator("#place")).to_have_text(f"1 of {COUNT}")


@pytest.mark.parametrize("plain", ["webgl", "width"])
def test_ohif_is_offered_where_it_can_be_used(
    plain: str, serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """Not without WebGL, and not on a phone."""
    address = serve(hospital).page(STUDY)
    page = (
        visit(address, browser="plain_browser")
        if plain == "webgl"
        else visit(address, viewport=PHONE)
    )
    expect(page.locator(".pane.taken")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("#ohif")).to_be_hidden()
