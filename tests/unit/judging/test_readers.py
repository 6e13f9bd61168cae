"""tests.judging.readers: what DCMTK and dciodvfy say, and that they can say no."""

from functools import cache

from tests.every_file.carry import carry
from tests.every_file.generate import generated
from tests.judging.readers import errors, inflated, new_errors, unread

NAME = "rgb-by-pixel"


@cache
def both() -> tuple[bytes, bytes]:
    """Return an original, and its fast copy."""
    original = dict(generated())[NAME]
    copy = carry(original).copy
    assert copy is not None
    return original, copy


def test_a_sound_copy_is_read_and_has_no_error_of_its_own() -> None:
    """Neither reader finds anything that the original had not."""
    original, copy = both()

    assert unread(copy) + new_errors(original, copy) == []


def test_a_copy_that_was_cut_is_not_read() -> None:
    """DCMTK says that the last fragment is longer than what is left."""
    (line,) = unread(both()[1][:-100])

    assert line.startswith("dcmdump: E:")


def test_a_value_that_no_image_may_have_is_a_new_error() -> None:
    """What the original had is not told, what the copy has beside it is."""
    original, copy = both()
    told = b"\x28\0\x04\0CS\x08\0YBR_RCT "  # PS3.3 C.7.6.3.1.2

    found = new_errors(original, copy.replace(told, told[:-8] + b"PURPLE  "))

    assert found
    assert all("PURPLE" in each for each in found)


def test_a_deflated_original_is_shown_inflated() -> None:
    """Otherwise dciodvfy, which cannot inflate, would blame the copy for all it had."""
    content = inflated(dict(generated())["rgb-deflated"])

    assert "Error - Dicom dataset read failed" not in errors(content)
    assert inflated(content) == content
