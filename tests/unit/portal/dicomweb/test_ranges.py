"""portal.dicomweb.ranges: what RFC 9110 says of one range, and nothing of several."""

import pytest

from services.portal.dicomweb.ranges import Unsatisfiable, wanted

TAG, SIZE = '"ab"', 100


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", range(10)),
        ("bytes=40-", range(40, 100)),
        ("bytes=-1", range(99, 100)),
        ("bytes=-500", range(100)),
        ("bytes=90-500", range(90, 100)),
        ("bytes=99-99", range(99, 100)),
    ],
)
def test_one_range_is_those_bytes(asked: str, part: range) -> None:
    """With and without the tag that the file still has."""
    assert wanted(asked, None, TAG, SIZE) == wanted(asked, TAG, TAG, SIZE) == part


@pytest.mark.parametrize(
    "asked", [None, "", "bytes=", "bytes=9-1", "bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b"]
)
def test_what_is_no_single_range_is_all_of_it(asked: str | None) -> None:
    """The answer is then 200, which whoever asked has to expect."""
    assert wanted(asked, None, TAG, SIZE) is None


def test_a_range_of_what_has_changed_is_all_of_it() -> None:
    """Else halves of two files would be put together."""
    assert wanted("bytes=40-", '"other"', TAG, SIZE) is None


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_no_byte_behind_the_end_can_be_had(asked: str) -> None:
    """That is 416, and says how many there are."""
    with pytest.raises(Unsatisfiable):
        wanted(asked, None, TAG, SIZE)
