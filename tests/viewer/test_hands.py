"""What hands do: wheel, fingers, keys and buttons, in full quality and in pictures."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.viewer.conftest import PHONE, Serve, Visit
from tests.viewer.hospital import Hospital, phantom

STUDY, OTHER = "1.2.826.0.1.3680043.10.1537.71", "1.2.826.0.1.3680043.10.1537.72"
COUNT, PATIENCE = 12, 60_000


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    """Return two scans of one person, the earlier one with every second slice."""
    found = Hospital()
    found.add(phantom(COUNT, study=STUDY, series=f"{STUDY}.1"), words="CT of the head")
    earlier = phantom(COUNT, study=OTHER, series=f"{OTHER}.1", tint=60)[::2]
    found.add(earlier, date="20240517", words="CT of the head")
    return found


def place(page: Page, n: int, m: int = COUNT) -> None:
    """Wait until picture `n` is shown, in number and in truth."""
    expect(page.locator("#place")).to_have_text(f"{n} of {m}", timeout=PATIENCE)
    there = re.compile(rf"\.1\.{n}/frames/1$")
    expect(page.locator(".pane").first).to_have_attribute("data-shown", there, timeout=PATIENCE)


def test_full_quality_is_gone_through(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """Wheel, drag, keys and buttons go through the slices; the canvas shows each."""
    page = visit(serve(hospital).page(STUDY, n="5"))
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    page.locator(".pane").hover()
    page.mouse.wheel(0, 120)
    place(page, 6)
    page.mouse.wheel(0, -120)
    place(page, 5)
    page.mouse.down()
    page.mouse.move(600, 360, steps=1)
    page.mouse.move(600, 425, steps=5)
    page.mouse.up()
    expect(page.locator("#place")).not_to_have_text(f"5 of {COUNT}")
    page.locator(".pane").focus()
    page.keyboard.press("Home")
    place(page, 1)
    page.keyboard.press("ArrowDown")
    place(page, 2)
    page.keyboard.press("End")
    place(page, COUNT)
    page.get_by_role("link", name="Previous").click()
    place(page, COUNT - 1)
    page.locator("#slider").fill("3")
    place(page, 3)
    assert page.locator(".pane.sharp").count() == 1
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#place")).to_have_text(re.compile(rf"^[5-9] of {COUNT}"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_window_is_chosen_and_taken_back(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """The file's windows and those for CT are offered, and change what is seen."""
    page = visit(serve(hospital).page(STUDY))
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    views = page.locator("#windows")
    offered = views.locator("option").all_text_contents()
    assert offered == ["As recorded", "SOFT", "HARD", "Brain", "Lung", "Bone", "Abdomen"]
    before = page.locator(".pane").screenshot()
    views.select_option("Lung")
    expect(views).to_have_value("4")
    assert page.locator(".pane").screenshot() != before
    page.get_by_role("button", name="Contrast").click()
    page.locator(".pane").focus()
    page.keyboard.press("ArrowDown")
    expect(views.locator("option:checked")).to_have_text("Set by hand")
    page.get_by_role("button", name="Reset").click()
    expect(views.locator("option:checked")).to_have_text("As recorded")


def test_a_length_is_measured_with_mouse_and_keys(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """A line says its length in millimetres: the body is 104 pixels of 1.5 mm wide."""
    page = visit(serve(hospital).page(STUDY))
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    page.get_by_role("button", name="Measure").click()
    box = page.locator("img.picture").bounding_box()
    assert box is not None
    one = box["width"] / 128
    page.mouse.move(box["x"] + 12 * one, box["y"] + 64 * one)
    page.mouse.down()
    page.mouse.move(box["x"] + 64 * one, box["y"] + 64 * one)
    page.mouse.move(box["x"] + 116 * one, box["y"] + 64 * one)
    page.mouse.up()
    said = page.locator("#notice").text_content() or ""
    assert float(said.removesuffix(" mm")) == pytest.approx(156, abs=1)
    assert page.locator(".lines text").text_content() == said
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".lines line").count() == 0
    page.locator(".pane").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".lines text")).to_have_text(re.compile(r"^[\d.]+ mm$"))


def test_an_earlier_scan_scrolls_along(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """Side by side, the other scan shows what lies at the same depth: it has half the slices."""
    page = visit(serve(hospital).page(STUDY))
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name=re.compile("May 17, 2024")).click()
    second = page.locator(".pane").nth(1)
    expect(second.locator(".caption")).to_contain_text(f"1 of {COUNT // 2}", timeout=PATIENCE)
    page.locator(".pane").first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    place(page, 7)
    expect(second.locator(".caption")).to_contain_text(f"4 of {COUNT // 2}")
    expect(second).to_have_class(re.compile("sharp"), timeout=PATIENCE)
    page.get_by_role("button", name="Together").click()
    page.keyboard.press("End")
    page.locator(".pane").first.focus()
    page.keyboard.press("End")
    place(page, COUNT)
    expect(second.locator(".caption")).to_contain_text(f"4 of {COUNT // 2}")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".pane")).to_have_count(1)


def test_a_phone_takes_full_quality_only_when_asked(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """Pictures at the screen's size; a finger goes through them; the button says how much more."""
    server = serve(hospital)
    page = visit(server.page(STUDY), viewport=PHONE, has_touch=True, is_mobile=True)
    more = page.get_by_role("button", name=re.compile(r"Full quality, \d+ MB"))
    more.wait_for(timeout=PATIENCE)
    swipe(page, -60)
    expect(page.locator("#place")).not_to_have_text(f"1 of {COUNT}")
    assert not [asked for asked in server.asked if asked.endswith("/frames/1")]
    assert not [asked for asked in server.asked if "/parts/full" in asked]
    more.click()
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    expect(more).to_be_hidden()
    assert [asked for asked in server.asked if asked.endswith("/frames/1")]


def test_a_phone_fetches_rough_pictures_and_a_fine_one_where_somebody_stays(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """Half the bytes for what is gone through; what is looked at is drawn as well as ever."""
    server = serve(hospital)
    page = visit(server.page(STUDY), viewport=PHONE, has_touch=True, is_mobile=True)
    place_ready(page)
    page.wait_for_load_state("networkidle")
    drawn = [asked for asked in server.asked if "/rendered" in asked]
    fine = [asked for asked in drawn if "quality=60" not in asked]
    assert len(fine) == 1  # the page's own
    assert len(drawn) == COUNT
    with page.expect_response(
        lambda answer: "/rendered" in answer.url and "quality" not in answer.url, timeout=PATIENCE
    ) as found:
        swipe(page, -60)
    here = page.locator(".pane").get_attribute("data-shown") or ""
    assert found.value.url.split("?")[0].endswith(here.removeprefix("slice:") + "/rendered")


def test_who_saves_data_gets_little_by_itself(
    serve: Serve, visit: Visit, hospital: Hospital
) -> None:
    """With Save-Data only the nearest pictures are fetched ahead, and no full quality."""
    server = serve(hospital)
    page = visit("about:blank")
    saves = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    page.add_init_script(saves)
    page.goto(server.page(STUDY))
    page.get_by_role("button", name=re.compile("Full quality")).wait_for(timeout=PATIENCE)
    page.wait_for_load_state("networkidle")
    drawn = {asked.split("?")[0] for asked in server.asked if "/rendered" in asked}
    assert len(drawn) == 1 + 6
    assert not [asked for asked in server.asked if "/parts/full" in asked]


def swipe(page: Page, by: int) -> None:
    """Draw one finger over the picture."""
    session = page.context.new_cdp_session(page)
    for kind, y in (("touchStart", 300), ("touchMove", 300 + by // 2), ("touchMove", 300 + by)):
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 200, "y": y}]}
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_an_ended_viewing_goes_blank(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """By itself, while nobody touches it: not a picture stays, and one sentence says why."""
    server = serve(hospital)
    page = visit(server.page(STUDY, rendered="1"))
    place_ready(page)
    assert page.locator("img, canvas").count()
    server.ended = True
    expect(page.locator("#over")).to_contain_text("This has ended", timeout=PATIENCE)
    assert page.locator("img, canvas").count() == 0


def place_ready(page: Page) -> None:
    """Wait until the script has taken over."""
    expect(page.locator(".pane.taken")).to_have_count(1, timeout=PATIENCE)


def test_nothing_is_asked_of_another_host(serve: Serve, visit: Visit, hospital: Hospital) -> None:
    """Every request goes to the viewer's own origin, six at most at a time."""
    server = serve(hospital)
    page = visit("about:blank")
    hosts, flying, most = set(), 0, 0

    def begun(address: str) -> None:
        nonlocal flying, most
        hosts.add(address.split("/")[2])
        flying += "/dicomweb/" in address
        most = max(most, flying)

    def done(address: str) -> None:
        nonlocal flying
        flying -= "/dicomweb/" in address

    page.goto(server.page(STUDY))
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    page.on("request", lambda request: begun(request.url))
    page.on("requestfinished", lambda request: done(request.url))
    page.reload()
    page.wait_for_selector(".pane.sharp", timeout=PATIENCE)
    page.wait_for_load_state("networkidle")
    assert {host for host in hosts if host} == {f"127.0.0.1:{server.server_port}"}
    assert most <= 6 + 2  # the first picture and the thumbnail are the page's own
