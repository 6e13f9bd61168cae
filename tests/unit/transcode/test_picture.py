"""picture and gallery: one thumbnail a series, of pixels only."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.pixels.utils import pixel_array

from services.transcode.gallery import Gallery
from services.transcode.glimpse import glimpse, picture
from services.transcode.part10 import take_apart
from services.transcode.recode import recode
from shared.dicom.image import Image
from shared.dicom.picture import Window, thumbnail, toned, window
from tests.fakes.storage import MemoryStorage
from tests.unit.transcode.samples import sample

PLAIN = Window(None, None, inverted=False)


def seen(jpeg: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(imagecodecs.jpeg8_decode(jpeg))


@pytest.mark.parametrize(
    ("shape", "small"),
    [
        ((512, 512), (256, 256)),
        ((300, 484), (159, 256)),
        ((64, 32), (64, 32)),
        ((1, 4000), (1, 256)),
        ((480, 640, 3), (192, 256, 3)),
    ],
)
def test_the_longest_side_has_256_pixels(shape: tuple[int, ...], small: tuple[int, ...]) -> None:
    """Large ones shrink in proportion, small ones stay."""
    assert seen(thumbnail(np.zeros(shape, np.uint8), PLAIN)).shape == small


def test_the_window_decides_what_is_black_and_white() -> None:
    """Values below it are black, above it white, and MONOCHROME1 is the other way round."""
    frame = np.repeat(np.array([[-1000, 0, 3000]], np.int16), 64, axis=0).repeat(64, axis=1)
    ct = window(dataset(WindowCenter=[40, 300], WindowWidth=[400, 1500]))

    dark, middle, bright = seen(thumbnail(frame, ct))[32, [32, 96, 160]]
    assert (dark < 10, 80 < middle < 150, bright > 245) == (True, True, True)
    inverted = Window(ct.low, ct.high, inverted=True)
    assert seen(thumbnail(frame, inverted))[32, 32] > 245


def dataset(**attributes: object) -> Dataset:
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def test_the_window_is_in_stored_values() -> None:
    """Its centre is in Hounsfield units, the pixels are not."""
    found = window(
        dataset(WindowCenter=40, WindowWidth=400, RescaleSlope=2, RescaleIntercept=-1024)
    )

    assert (found.low, found.high) == (432, 632)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"WindowCenter": 40},
        {"WindowCenter": 40, "WindowWidth": 0},
        {"WindowCenter": [], "WindowWidth": []},
        {"WindowCenter": 40, "WindowWidth": 400, "RescaleSlope": "-1"},
    ],
)
def test_without_a_usable_window_the_values_make_their_own(attributes: dict[str, object]) -> None:
    """Nothing is black because a header is poor."""
    found = window(dataset(**attributes))
    frame = np.linspace(5000, 6000, 4096).astype(np.uint16).reshape(64, 64)

    picture = seen(thumbnail(frame, found))
    assert (found.low, found.high) == (None, None)
    assert (picture.min() < 10, picture.max() > 245) == (True, True)


def test_a_window_beside_all_values_is_not_used() -> None:
    """A header that would make the picture all black is wrong."""
    frame = np.linspace(5000, 6000, 4096).astype(np.uint16).reshape(64, 64)
    assert seen(thumbnail(frame, Window(0, 100, inverted=False))).std() > 50


def test_a_picture_of_one_value_is_no_division_by_zero() -> None:
    """An empty slice has a thumbnail too."""
    assert seen(thumbnail(np.full((64, 64), 7, np.uint16), PLAIN)).std() < 1


@pytest.mark.parametrize(
    ("name", "red"),
    [
        ("SC_rgb.dcm", (255, 0, 0)),
        ("SC_rgb_dcmtk_+eb+cr.dcm", (255, 0, 0)),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", (255, 0, 0)),
        ("SC_rgb_gdcm_KY.dcm", (255, 0, 0)),
    ],
)
def test_colour_is_shown_in_its_colours(name: str, red: tuple[int, int, int]) -> None:
    """The test card's first bar is red, however it is encoded."""
    parts = take_apart(BytesIO(sample(name)))
    frame = glimpse(parts, Image.of(parts.outline))

    assert frame is not None
    assert np.allclose(frame[5, 50], red, atol=12)


@pytest.mark.parametrize("name", ["rtdose.dcm", "liver_1frame.dcm", "SC_rgb_32bit.dcm"])
def test_what_is_not_easily_shown_has_no_picture(name: str) -> None:
    """No thumbnail is better than a wrong one."""
    parts = take_apart(BytesIO(sample(name)))
    assert glimpse(parts, Image.of(parts.outline)) is None


@pytest.mark.parametrize(
    "name",
    [
        *("SC_rgb.dcm", "SC_rgb_16bit.dcm", "SC_rgb_expb.dcm", "SC_rgb_rle.dcm"),
        *("SC_ybr_full_uncompressed.dcm", "SC_rgb_gdcm2k_uncompressed.dcm", "US1_UNCR.dcm"),
    ],
)
def test_a_recoded_frame_is_shown_in_its_colours(name: str) -> None:
    """The picture made of what was recoded has the original's colours."""
    content = sample(name)
    parts = take_apart(BytesIO(content))
    with closing(parts.file):
        recoding = recode(parts, BytesIO(), second_judge=False)
        shown = picture(recoding.richest, parts, recoding.image)

    original = dcmread(BytesIO(content))
    colours = pixel_array(original)  # in RGB
    wanted = thumbnail((colours >> (original.BitsStored - 8)).astype(np.uint8), PLAIN)
    assert shown is not None
    assert np.allclose(seen(shown), seen(wanted), atol=3)


KEY = "v1/north/1.2/1.2.3/thumbnail.jpg"


def hanging(storage: MemoryStorage) -> bytes:
    return storage.open("derived", KEY).read()


def test_the_slice_with_most_detail_hangs() -> None:
    """A clearly better one replaces what is there; a little better is not worth a request."""
    storage = MemoryStorage()
    gallery = Gallery(storage)
    offers = [(100, b"first"), (120, b"a little"), (126, b"clearly"), (90, b"less")]

    taken = [gallery.offer(KEY, detail, partial(bytes, body)) for detail, body in offers]

    assert taken == [True, False, True, False]
    assert hanging(storage) == b"clearly"


def test_a_child_that_knows_nothing_replaces_nothing_better() -> None:
    """After a restart, and beside another child, the stored picture itself tells its detail."""
    storage = MemoryStorage()
    Gallery(storage).offer(KEY, 100, lambda: b"good")

    assert not Gallery(storage).offer(KEY, 60, lambda: b"worse")
    assert Gallery(storage).offer(KEY, 200, lambda: b"better")
    assert hanging(storage) == b"better"


def test_what_is_forgotten_is_asked_again() -> None:
    """Memory is bounded, and forgetting a series costs a look, never its picture."""
    storage = MemoryStorage()
    gallery = Gallery(storage, room=1)
    gallery.offer(KEY, 100, lambda: b"good")
    gallery.offer("v1/north/1.2/1.2.4/thumbnail.jpg", 100, lambda: b"other")

    assert not gallery.offer(KEY, 90, lambda: b"worse")
    assert hanging(storage) == b"good"


def test_a_curve_is_as_the_standard_has_it() -> None:
    """VOI LUT Function SIGMOID: no value is cut off, as many mammograms want it."""
    curved = window(dataset(WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID"))
    values = np.array([[0, 1500, 2000, 2500, 4000]], np.uint16)
    expected = 255 / (1 + np.exp(-4 * (values - 2000.0) / 1000))
    assert np.abs(toned(values, curved, None, None) - expected).max() <= 0.5


@pytest.mark.parametrize("how", [list, lambda values: np.array(values, "<u2").tobytes()])
def test_a_table_says_what_is_seen_where_no_window_does(how: Callable[[object], object]) -> None:
    """VOI LUT Sequence: values below and above it have those of its ends; rescaling comes first."""
    greys = [0, 10, 40, 90, 160, 250, 360, 490, 640, 810, 1000]
    table = dataset(LUTDescriptor=[len(greys), 100, 10], LUTData=how(greys))
    header = dataset(VOILUTSequence=[table], RescaleSlope=2, RescaleIntercept=-1000)
    values = np.array([[0, 550, 551, 553, 555, 4000]], np.uint16)
    seen_by_table = [0, 0, 0.04, 0.36, 1, 1]  # 100, 102, 106 and 110 rescaled
    shown = toned(values, window(header), None, None)
    assert np.abs(shown - 255 * np.array(seen_by_table)).max() <= 0.5
    header.WindowCenter, header.WindowWidth = 105, 10
    assert window(header).table is None
