"""services.portal.pages.meant: a slip of the finger still finds the scan."""

import pytest

from services.portal.pages.meant import meant

THERE = [" quintero maria rm de craneo head mr 2024 "]


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("resonansia", "resonancia"),
        ("rodila 2024", "rodilla 2024"),
        ("utrasound", "ultrasound"),
        ("quintro", "quintero"),
        # Nothing to correct: then it is simply not there.
        ("rodilla", None),
        ("head", None),
        ("xq", None),
        ("zzzzzzzz", None),
    ],
)
def test_the_nearest_word_is_taken(said: str, understood: str | None) -> None:
    """From what we know and what is there; nothing far off is guessed."""
    assert meant(said, THERE) == understood
