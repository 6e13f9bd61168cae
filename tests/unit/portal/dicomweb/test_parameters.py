"""services.portal.dicomweb.parameters: what can be meant, and what cannot."""

from collections.abc import Callable

import pytest

from services.portal.dicomweb.parameters import Absurd, bulk_path, drawing, frame_numbers
from shared.dicom.draw import Drawing, Part
from shared.dicom.picture import Said


def test_frames_are_numbered_from_one() -> None:
    """And from zero inside; 0 is a frame that there never is."""
    assert frame_numbers("1,2,5") == [0, 1, 4]
    assert frame_numbers("0") == [-1]


def test_a_drawing_is_as_it_is_said() -> None:
    """What is not said is the file's own."""
    said = {"viewport": "512,256", "window": "40,400,linear", "quality": "70"}
    assert drawing(said, png=False) == Drawing(512, 256, Said(40.0, 400.0), 70)
    assert drawing({"window": "40,400,sigmoid"}, png=False).window == Said(40, 400, sigmoid=True)
    assert drawing({"window": "-600.5,1.5e3"}, png=True) == Drawing(
        window=Said(-600.5, 1500), png=True
    )
    assert drawing({}, png=False) == Drawing()
    cut = {"viewport": "512,256,10,,100,"}
    assert drawing(cut, png=False) == Drawing(512, 256, part=Part(10, 0, 100, None))


def test_bulk_data_is_found_by_tags_and_items() -> None:
    """As metadata says it."""
    assert bulk_path("00283010/1/00283006") == ("00283010", "1", "00283006")


@pytest.mark.parametrize(
    ("read", "said"),
    [
        *((frame_numbers, each) for each in ("", "1,", "1 ", "\u0661", "1" * 8, "1," * 2000 + "1")),
        *((bulk_path, each) for each in ("", "x", "00283010/1", "../00283010", "00283010/" * 99)),
        *((lambda said: drawing({"viewport": said}, png=False), each) for each in
            ("1", "1,2,3", "1,2,3,4,5,0", "1,2,-3,4,5,6",
             "0,1", "99999,1", "1e3,1", "-1,1", "\u0661,1")),
        *((lambda said: drawing({"window": said}, png=False), each) for each in
            ("40", "a,b", "1,0", "nan,1", "inf,1", "1,2,curve", "1,2,linear,3", "1e999,1", ",")),
        *((lambda said: drawing({"quality": said}, png=False), each) for each in
            ("0", "101", "", "\u0661")),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(read: Callable[[str], object], said: str) -> None:
    """With a sentence that does not repeat it."""
    with pytest.raises(Absurd, match=r"\.$") as why:
        read(said)
    assert len(said) < 3 or said not in str(why.value)
