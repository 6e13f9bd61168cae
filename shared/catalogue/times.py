"""When a study was made, by the clock of its file or of its site. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

# PS3.5 §6.2, TM; the colons are of ACR-NEMA. Seconds go to 60, for a leap second.
TIME = re.compile(r"([01][0-9]|2[0-3])(?::?([0-5][0-9])(?::?([0-5][0-9]|60)(?:\.([0-9]{1,6}))?)?)?")
OFFSET = re.compile(r"([+-])([0-9]{2})([0-5][0-9])")  # (0008,0201), PS3.3 §C.12.1.1.8
WESTERNMOST, EASTERNMOST = timedelta(hours=-12), timedelta(hours=14)  # PS3.5 §6.2, DT


def clock(told: str) -> time | None:
    """Return a TM value, what it leaves out being zero, or None where it is none.

    A leap second is the one before it, for no clock here has 61.
    """
    found = TIME.fullmatch(told)
    if found is None:
        return None
    hour, minute, second, fraction = (each or "0" for each in found.groups())
    return time(int(hour), int(minute), min(int(second), 59), int(fraction.ljust(6, "0")))


def offset(told: str) -> timezone | None:
    """Return a Timezone Offset From UTC, or None where it is none."""
    found = OFFSET.fullmatch(told)
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    ahead = -size if found[1] == "-" else size
    return timezone(ahead) if WESTERNMOST <= ahead <= EASTERNMOST else None


def moment(
    day: date | None, told: str | None, utc_offset: str | None, zone: str
) -> datetime | None:
    """Return when a study was made, in the site's `zone`; None where day or time are not known.

    Where the file tells no offset, the clock was the site's: an hour that summer time left out
    is taken an hour later, one that came twice is the first.
    """
    at = clock(told) if told else None
    if day is None or at is None:
        return None
    there = ZoneInfo(zone)
    by: tzinfo = (offset(utc_offset) if utc_offset else None) or there
    try:
        return datetime.combine(day, at, by).astimezone(UTC).astimezone(there)
    except OverflowError:  # the first day of all, or the last
        return None
