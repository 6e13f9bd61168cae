"""notify.name: a person is greeted by their name, and never by a code."""

import pytest

from services.notify.name import display


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("DOE^JANE", "Jane Doe"),
        ("Doe^Jane^Mary^Dr.^MD", "Jane Doe"),
        ("DE LA CRUZ^MARIA JOSE", "Maria Jose de la Cruz"),
        ("O'NEIL-SMITH^PAT", "Pat O'Neil-Smith"),
        ("MÜLLER^JÜRGEN", "Jürgen Müller"),
        ("van der Berg^Anna", "Anna van der Berg"),
        ("McDonald^Ron", "Ron McDonald"),
        ("DOE", "Doe"),
        ("^JANE", "Jane"),
        ("Jane Doe", "Jane Doe"),
        ("JANE DOE", "Jane Doe"),
        ("LA^DO", "Do La"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Tarou Yamada"),
        ("=山田^太郎", "太郎 山田"),
        ("Yama\ufffd^Tarou=山田^太郎", "太郎 山田"),  # the first that could be decoded
        ("  DOE  SMITH ^ JANE ", "Jane Doe Smith"),
        ("DOE^JANE\r\nMARY\x1b", "Jane Mary Doe"),
    ],
)
def test_a_name_is_turned_into_the_order_of_speech(written: str, spoken: str) -> None:
    """Given name first, capitals only where they belong, control characters gone."""
    assert display(written) == spoken


@pytest.mark.parametrize("written", [None, "", "^^^^", "==", " ", "X" * 500, "Roe^Zo\ufffd"])
def test_where_there_is_no_name_nobody_is_named(written: str | None) -> None:
    """The letter then greets without a name."""
    assert display(written) == ""
