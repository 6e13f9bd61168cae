"""Colours in a real browser are those that a second decoder finds in the original."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from tests.every_file.generate import COLOURS
from tests.every_file.making import image, native, values
from tests.viewer.conftest import Serve, Visit
from tests.viewer.hospital import Hospital
from tests.viewer.seen import Picture, shown
from tests.viewer.server import Server, serving

Difference = Callable[..., int]
WIDEST, HIGHEST = 1100, 1000  # CSS pixels of the pane
TOLERANCE = 2  # of 255
TABLES = ("00281201", "00281202", "00281203")

PUBLIC = (
    "SC_rgb_rle.dcm",
    "SC_rgb_16bit.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "US1_UNCR.dcm",  # ultrasound, RGB by pixel
    "US1_J2KR.dcm",  # YBR_RCT already
    "US1_J2KI.dcm",  # YBR_ICT, kept
    "OBXXXX1A_rle.dcm",  # palette
    "SC_rgb_jpeg_dcmtk.dcm",  # JPEG as it came, YBR_FULL
    "SC_rgb_dcmtk_+eb+cr.dcm",  # JPEG of RGB, which says so
    "SC_jpeg_no_color_transform.dcm",  # JPEG of RGB, which does not
    "SC_rgb_dcmtk_+eb+cy+np.dcm",  # JPEG, YBR_FULL_422
    "CT_small.dcm",
    "MR_small_RLE.dcm",
)
MADE = (
    *("rgb-by-plane", "rgb-16-bit", "rgb-4-frames", "ybr-full", "palette-8-bit", "palette-16-bit"),
    *("monochrome1", "signed-16-bit"),
)


@pytest.fixture(scope="module")
def difference(browser: Browser) -> Iterator[Difference]:
    """Return by how much the worst pixel of a file is shown otherwise than it is."""
    context = browser.new_context(viewport=ViewportSize(width=WIDEST, height=HIGHEST))
    with serving(Hospital()) as server:  # one for all: what never changes is fetched once

        def found(name: str, told: str = "", *, bulk: bool = False) -> int:
            content = read(name)
            wanted = colours(dcmread(BytesIO(content), force=True))
            page = context.new_page()
            page.goto(address(server, content, told, bulk=bulk))
            worst = np.abs(on_screen(page, *wanted.shape[:2]).astype(int) - wanted).max()
            page.close()
            return int(worst)

        yield found
    context.close()


def address(server: Server, content: bytes, told: str, *, bulk: bool) -> str:
    """Let the server have a file, and perhaps tell wrong colours of it; return its page.

    With `bulk` its colour tables are not in the header, which says where they are.
    """
    server.hospital = Hospital()
    study = server.hospital.add([content])
    ((instance,),) = server.hospital.studies[study].values()
    if told:
        instance.header["00280004"]["Value"] = [told]
    for tag in TABLES if bulk else ():
        uri = f"instances/{instance.uid}/bulkdata/{tag}"  # relative to the series
        instance.header[tag] = {"vr": "OW", "BulkDataURI": uri}
    return server.page(study)


def curved(name: str) -> Dataset:
    """Return an image whose window is a curve (PS3.3 C.11.2.1.3.1)."""
    ds = image(name, values("<u2"), "MONOCHROME2")
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = 30000, 20000, "SIGMOID"
    return ds


def tabled(name: str) -> Dataset:
    """Return an image that only a table says how to see (PS3.3 C.11.2.1.1)."""
    ds, table = image(name, values("<u2"), "MONOCHROME2"), Dataset()
    table.LUTDescriptor = [4096, 20000, 16]
    table.LUTData = (np.arange(4096) ** 2 // 256).astype("<u2").tobytes()
    ds.VOILUTSequence = [table]
    return ds


TONES = {"sigmoid": curved, "voi-table": tabled}


def read(name: str) -> bytes:
    """Return a file of the public sets, or one that is made."""
    if name in TONES:
        return native(TONES[name])(name)
    if name in COLOURS:
        return COLOURS[name](name)
    return Path(str(get_testdata_file(name))).read_bytes()


def colours(ds: Dataset) -> Picture:
    """Return what must be seen: (rows, columns, 3)."""
    wanted = shown(ds, 0)
    return np.stack([wanted] * 3, axis=-1) if wanted.ndim == 2 else wanted


def on_screen(page: Page, rows: int, columns: int) -> Picture:
    """Return what the canvas shows, one value a pixel of the picture: (rows, columns, 3)."""
    page.wait_for_selector(".pane.sharp", timeout=60_000)
    times = min(WIDEST // columns, HIGHEST // rows)
    times -= 1 - times % 2  # odd: a pixel's middle is the middle of a pixel of the screen
    assert times >= 1
    pane = page.locator(".pane")
    pane.evaluate(
        """(pane, [width, height]) => {
            pane.querySelector("img").style.visibility = "hidden";
            Object.assign(pane.style, {
                position: "fixed", inset: "0 auto auto 0", zIndex: 9,
                width: `${width}px`, height: `${height}px`,
            });
        }""",
        [columns * times, rows * times],
    )
    page.wait_for_function(
        "width => document.querySelector('.pane canvas').width === width", arg=columns * times
    )
    drawn = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
    page.evaluate(drawn)
    seen = np.asarray(Image.open(BytesIO(pane.screenshot())).convert("RGB"))
    return seen[times // 2 :: times, times // 2 :: times]


@pytest.mark.parametrize("name", [*PUBLIC, *MADE, "sigmoid"])
def test_every_kind_of_colour_is_right(name: str, difference: Difference) -> None:
    """Each pixel of the first frame is shown as pydicom reads it."""
    assert difference(name) <= TOLERANCE


def test_colour_tables_are_fetched(difference: Difference) -> None:
    """Tables that are too long for the header are asked for."""
    assert difference("palette-16-bit", bulk=True) <= TOLERANCE


@pytest.mark.parametrize(
    ("name", "told"),
    [("ybr-full", "RGB"), ("rgb-16-bit", "YBR_FULL"), ("monochrome1", "MONOCHROME2")],
)
def test_a_wrong_colour_is_seen(name: str, told: str, difference: Difference) -> None:
    """The comparison can fail: the header tells other colours than there are."""
    assert difference(name, told) > TOLERANCE


def test_what_a_table_tells_the_server_draws(serve: Serve, visit: Visit) -> None:
    """The engine knows no VOI LUT; as soon as a hand sets a window, full quality is there again."""
    server = serve(Hospital())
    page = visit(address(server, read("voi-table"), "", bulk=False))
    page.wait_for_selector(".pane.taken", timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert page.locator(".pane.sharp").count() == 0
    assert page.locator(".pane img").evaluate("img => img.naturalWidth") > 0
    page.get_by_role("button", name="Contrast").click()
    page.locator(".pane").drag_to(page.locator(".pane"), target_position={"x": 40, "y": 40})
    page.wait_for_selector(".pane.sharp", timeout=60_000)
