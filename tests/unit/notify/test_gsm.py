"""notify.gsm: what a text message costs."""

import pytest

from services.notify.gsm import BASIC, is_gsm, parts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # an escape and a letter each
        ("€" * 81, 2),
        ("€" * 153, 3),  # 76 to a part: a pair is never cut in half
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("🦴" * 35, 1),
        ("🦴" * 67, 3),  # 33 to a part: neither is a surrogate pair
    ],
)
def test_parts_are_counted_as_the_network_does(text: str, count: int) -> None:
    """Septets for the 7-bit alphabet, UTF-16 for all else, a header in each of many."""
    assert parts(text) == count


def test_the_alphabet_is_the_standards() -> None:
    """127 characters and the escape; of Spanish it lacks á, í, ó and ú."""
    assert len(BASIC) == 127
    assert is_gsm("¿Qué año, Ñandú?".replace("ú", "u"))
    assert not any(map(is_gsm, "áíóú"))
