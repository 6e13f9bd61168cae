"""The page that takes a disc, in Chromium: a folder, the line cut meanwhile, and a telephone."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from services.portal import app
from services.portal.bring import dropping, rules
from services.portal.credential import cookie_name
from services.portal.edges import Edges
from services.portal.server import Server
from tests.integration.portal.bring.conftest import NAME, Stage, slice_of
from tests.integration.portal.signin.phone import looked

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 60_000  # milliseconds
CUTS = 2


@pytest.fixture
def page(edges: Edges, stage: Stage) -> Iterator[Page]:
    """Return a page of Maria's, on a telephone of 390 pixels."""
    url = edges.settings.portal_url
    server = Server(app.pages(edges), "127.0.0.1", urlsplit(url).port or 0, "TEST_PORTAL")
    server.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=url, viewport={"width": 390, "height": 844}, locale="en-GB"
        )
        context.set_default_timeout(PATIENCE)
        name = cookie_name(edges.settings)
        context.add_cookies([{"name": name, "value": stage.cookies["maria"], "url": url}])
        yield context.new_page()
        browser.close()
    server.stop()


def test_a_folder_is_carried_over_cuts(
    edges: Edges, stage: Stage, page: Page, tmp_path: Path
) -> None:
    """What begins as DICOM arrives whole though the line is cut; programs stay on the disc."""
    study = f"2.25.{uuid4().int >> 72}"
    small = slice_of(study, NAME)
    long = small + bytes(rules.PIECE + 77)
    (tmp_path / "CD" / "IMAGES").mkdir(parents=True)
    (tmp_path / "CD" / "IMAGES" / "A").write_bytes(small)
    (tmp_path / "CD" / "IMAGES" / "B").write_bytes(long)
    (tmp_path / "CD" / "VIEWER.EXE").write_bytes(b"MZ" + bytes(300))
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    cuts: list[str] = []

    def cut(route: Route) -> None:
        if route.request.method == "PUT" and len(cuts) < CUTS:
            cuts.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/bring/**", cut)
    page.goto("/bring")
    looked(page, "bring")
    page.locator("#folder").set_input_files(tmp_path / "CD")
    expect(page.get_by_role("status")).to_contain_text("2 files with pictures")
    expect(page.get_by_role("status")).to_contain_text("stay where they are: 1")
    page.get_by_role("button", name="Bring them here").click()
    page.get_by_text("All of it is here").wait_for()
    assert len(cuts) == CUTS
    assert not complaints
    while dropping.drop(edges.database, edges.storage):
        pass
    found = []
    for each in stage.received.storage.list("drop", f"{stage.brought()}/"):
        with stage.received.storage.open("drop", each.key, each.version) as file:
            found.append(sha256(file.read()).hexdigest())
    assert sorted(found) == sorted(sha256(each).hexdigest() for each in (small, long))


def test_one_picture_is_saved_with_a_name_or_without(stage: Stage, page: Page) -> None:
    """Both are JPEGs; the one with the name is higher by its lines."""
    page.goto(f"/scans/{stage.site}/{stage.study}/picture")
    looked(page, "picture")
    heights = []
    for kind, name in (("link", "Save it without a name"), ("button", "Save it with name")):
        with page.expect_download() as saving:
            page.get_by_role(kind, name=name).click()  # type: ignore[arg-type]  # a literal each
        content = saving.value.path().read_bytes()
        assert content.startswith(b"\xff\xd8\xff")
        heights.append(len(content))
    assert heights[1] > heights[0]
