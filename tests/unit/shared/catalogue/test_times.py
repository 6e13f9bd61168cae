"""shared.catalogue.times: the moment of a study, by its file's clock or its site's."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue.times import clock, moment, offset

MAY = date(2023, 5, 4)
SPRING, AUTUMN = date(2023, 3, 26), date(2023, 10, 29)  # when Madrid's clocks change
NEW_YEAR = date(2016, 12, 31)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("10", "10:00:00"),
        ("1015", "10:15:00"),
        ("101530", "10:15:30"),
        ("101530.5", "10:15:30.500000"),
        ("101530.123456", "10:15:30.123456"),
        ("10:15:30.25", "10:15:30.250000"),  # ACR-NEMA
        ("235960", "23:59:59"),  # a leap second
        ("000000", "00:00:00"),
    ],
)
def test_a_time_may_be_less_precise(told: str, read: str) -> None:
    """PS3.5 §6.2: what is left out is zero."""
    assert str(clock(told)) == read


@pytest.mark.parametrize(
    "told",
    ["", "1", "101", "24", "1060", "101561", "101530.", "101530.1234567", "10-15", "\u0661\u0660"],
)
def test_what_is_no_time_is_none(told: str) -> None:
    """Nothing is made up."""
    assert clock(told) is None


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("+0000", True),
        ("-0000", True),
        ("-1200", True),
        ("+1400", True),
        ("+0545", True),
        ("-1201", False),
        ("+1401", False),
        ("+0160", False),
        ("0100", False),
        ("Z", False),
    ],
)
def test_an_offset_is_of_this_earth(told: str, known: bool) -> None:  # noqa: FBT001  a case
    """PS3.5 §6.2, DT: between -1200 and +1400."""
    assert (offset(told) is not None) == known


@pytest.mark.parametrize(
    ("day", "told", "utc_offset", "zone", "at"),
    [
        (MAY, "1015", None, "Europe/Madrid", "2023-05-04T10:15:00+02:00"),
        (MAY, "1015", "+0200", "Europe/Madrid", "2023-05-04T10:15:00+02:00"),
        (MAY, "1015", "-0500", "Europe/Madrid", "2023-05-04T17:15:00+02:00"),
        (MAY, "2330", "+0000", "Asia/Kathmandu", "2023-05-05T05:15:00+05:45"),  # the next day
        (MAY, "1015", None, "UTC", "2023-05-04T10:15:00+00:00"),
        (SPRING, "0230", None, "Europe/Madrid", "2023-03-26T03:30:00+02:00"),  # never was
        (AUTUMN, "0230", None, "Europe/Madrid", "2023-10-29T02:30:00+02:00"),  # was twice
        (AUTUMN, "0230", "+0100", "Europe/Madrid", "2023-10-29T02:30:00+01:00"),  # and told
        (NEW_YEAR, "235960", "+0000", "UTC", "2016-12-31T23:59:59+00:00"),
    ],
)
def test_the_files_clock_counts_before_the_sites(
    day: date, told: str, utc_offset: str | None, zone: str, at: str
) -> None:
    """And what is shown is by the site's."""
    found = moment(day, told, utc_offset, zone)
    assert found is not None
    assert found.isoformat() == at


@pytest.mark.parametrize(
    ("day", "told", "utc_offset"),
    [
        (None, "1015", None),
        (MAY, None, None),
        (MAY, "yesterday", None),
        (date.min, "0000", "+1400"),
        (date.max, "2359", "-1200"),
    ],
)
def test_half_a_moment_is_none(day: date | None, told: str | None, utc_offset: str | None) -> None:
    """A day without time stays a day; the ends of the calendar are no error."""
    assert moment(day, told, utc_offset, "Europe/Madrid") is None


@given(st.dates(), st.times(), st.sampled_from(["UTC", "America/St_Johns", "Pacific/Apia"]))
def test_no_moment_is_fatal(day: date, at: object, zone: str) -> None:
    """Any day, any time, with and without offset."""
    for utc_offset in (None, "+1400", "-1200"):
        moment(day, str(at), utc_offset, zone)
