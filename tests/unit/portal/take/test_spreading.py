"""services.portal.take.spreading: as many pictures as there is room for, from all over a series."""

from hypothesis import given
from hypothesis import strategies as st

from services.portal.take.spreading import spread

COUNTS = st.lists(st.integers(0, 500), max_size=30)


@given(COUNTS, st.integers(0, 600))
def test_room_is_used_and_kept(counts: list[int], most: int) -> None:
    """Never more than there is room for, and no less while there is something to show."""
    found = spread(counts, most)
    assert sum(map(len, found)) == min(most, sum(counts))
    for count, numbers in zip(counts, found, strict=True):
        assert numbers == sorted(set(numbers))
        assert all(0 <= number < count for number in numbers)


def test_a_short_series_is_whole_and_a_long_one_from_end_to_end() -> None:
    """Three scouts are all there; of a thousand slices first and last, and every so many."""
    scouts, slices, more = spread([3, 1000, 1000], 23)
    assert scouts == [0, 1, 2]
    assert slices == more == [0, 111, 222, 333, 444, 555, 666, 777, 888, 999]


def test_of_one_the_middle() -> None:
    """Where a scan begins there is often nothing to be seen."""
    assert spread([9, 9], 2) == [[4], [4]]
