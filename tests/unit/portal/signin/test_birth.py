"""portal.signin.birth: a date as it is said, or none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.signin.birth import months, read


def test_a_date_is_read_as_it_is_said() -> None:
    """Day, month, year; with or without zeros before."""
    assert read("14", "3", "1968") == read(" 14", "03", "1968 ") == date(1968, 3, 14)


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        ("31", "2", "1968"),
        ("14", "", "1968"),
        ("14", "3", "68"),
        ("14", "3", "1768"),
        ("14", "13", "1968"),
        ("-4", "3", "1968"),
        ("٣", "3", "1968"),
        ("", "", ""),
    ],
)
def test_what_is_no_day_is_none(day: str, month: str, year: str) -> None:
    """Nothing is completed or guessed."""
    assert read(day, month, year) is None


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_no_text_is_an_error(day: str, month: str, year: str) -> None:
    """Whatever is typed."""
    assert read(day, month, year) is None or year.strip()


def test_months_have_their_names() -> None:
    """In the language of the page."""
    assert months("es")[2] == (3, "marzo")
    assert [number for number, _ in months("en")] == list(range(1, 13))
