"""A birth date as people say it: day, month by name, year. Pure."""

from datetime import date

from babel.dates import get_month_names

FIRST_YEAR = 1870
YEAR_DIGITS = 4


def read(day: str, month: str, year: str) -> date | None:
    """Return the date, or None where there is no such day or a number is missing."""
    parts = [part.strip() for part in (year, month, day)]
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != YEAR_DIGITS:
        return None
    if max(map(len, parts)) > YEAR_DIGITS:
        return None
    try:
        said = date(*map(int, parts))
    except ValueError:
        return None
    return said if said.year >= FIRST_YEAR else None


def months(language: str) -> list[tuple[int, str]]:
    """Return number and name of each month, as it stands alone in `language`."""
    names = get_month_names("wide", context="stand-alone", locale=language)
    return [(number, names[number]) for number in range(1, 13)]
