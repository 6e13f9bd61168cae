"""OHIF as the portal serves it: it shows what there is, and asks nobody else."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom import dcmread

from tests.viewer.conftest import PHONE, Serve, Visit
from tests.viewer.hospital import Hospital, phantom
from tests.viewer.seen import Picture
from tests.viewer.test_colours import colours, read
from tests.viewer.test_hands import COUNT, PATIENCE, STUDY

RIGHT = (
    "SC_rgb_rle.dcm",  # RGB
    "US1_J2KI.dcm",  # YBR_ICT, kept
    "SC_rgb_dcmtk_+eb+cy+np.dcm",  # JPEG, YBR_FULL_422
    "OBXXXX1A_rle.dcm",  # palette
    "MR_small_RLE.dcm",
)
BOX, EDGE, TOLERANCE = Image.Resampling.BOX, 6, 5
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


def opened(page: Page) -> Page:
    """Return OHIF once its reminder is gone that it is no medical device."""
    page.get_by_role("button", name="Confirm and hide").click(timeout=PATIENCE)
    page.wait_for_selector("canvas", timeout=PATIENCE)
    return page


def difference(page: Page, wanted: Picture) -> float:
    """Return by how much the picture on the screen differs, on average, seen from afar."""
    canvas = Image.open(BytesIO(page.locator("canvas").last.screenshot())).convert("RGB")
    rows, columns = wanted.shape[:2]
    times = min(canvas.width / columns, canvas.height / rows)
    size = (int(columns * times), int(rows * times))
    left, top = (canvas.width - size[0]) // 2, (canvas.height - size[1]) // 2
    seen = canvas.crop((left, top, left + size[0], top + size[1]))
    whole = Image.fromarray(wanted).resize(size)
    far = [np.asarray(each.resize((64, 64), BOX)).astype(int) for each in (seen, whole)]
    return float(np.abs(far[0] - far[1])[EDGE:-EDGE, EDGE:-EDGE].mean())


def settled(page: Page, wanted: Picture) -> float:
    """Return the difference once it is small, or else after a while."""
    found = difference(page, wanted)
    for _ in range(20):
        if found <= TOLERANCE:
            break
        page.wait_for_timeout(500)
        found = difference(page, wanted)
    return found


def shown_of(name: str, serve: Serve, visit: Visit) -> float:
    """Return by how much OHIF shows a file of the public sets otherwise than pydicom reads it."""
    content, hospital = read(name), Hospital()
    study = hospital.add([content])
    address = serve(hospital).page(study).partition("?")[0]
    page = opened(visit(f"{address}/viewer?StudyInstanceUIDs={study}"))
    return settled(page, colours(dcmread(BytesIO(content), force=True)))


@pytest.mark.parametrize("name", RIGHT)
def test_what_it_is_offered_for_it_shows(name: str, serve: Serve, visit: Visit) -> None:
    """Each kind of colour for which the button is there looks as it is."""
    assert shown_of(name, serve, visit) <= TOLERANCE


def test_what_it_is_not_offered_for_would_be_seen(serve: Serve, visit: Visit) -> None:
    """The comparison can fail: OHIF shows colours of 16 bits too bright."""
    assert shown_of("SC_rgb_16bit.dcm", serve, visit) > 4 * TOLERANCE


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
    opened(page)
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
    assert "Citizen" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    page.get_by_role("link", name="Simple view").click()
    expect(page.locator("#place")).to_have_text(f"1 of {COUNT}")


def test_ohif_goes_blank_when_the_viewing_ends(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """By itself, as our own viewer does: no picture and no name stays."""
    server = serve(hospital)
    address = server.page(STUDY).partition("?")[0]
    page = opened(visit(f"{address}/viewer?StudyInstanceUIDs={STUDY}"))
    expect(page.get_by_text("Citizen, Ann")).to_be_visible(timeout=PATIENCE)
    server.ended = True
    expect(page.locator("#over")).to_contain_text("This has ended", timeout=PATIENCE)
    assert page.locator("canvas").count() == 0
    expect(page.get_by_text("Citizen, Ann")).to_have_count(0)


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
