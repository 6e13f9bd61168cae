"""Whom a hospital's patients call."""

from dataclasses import dataclass

from shared.db import Connection
from shared.wording import listed

DESK = "SELECT title, help_phone, help_hours, help_languages FROM sites.site WHERE site = %s"


@dataclass(frozen=True, slots=True)
class Desk:
    """A help desk, as a page names it."""

    title: str
    phone: str
    dial: str  # the digits of `phone`
    hours: str
    languages: str  # `English and Spanish`


def desk_of(connection: Connection, site: str, language: str) -> Desk | None:
    """Return the desk of `site`, its languages named in `language`."""
    row = connection.execute(DESK, (site,)).fetchone()
    if row is None:
        return None
    return Desk(
        title=row["title"],
        phone=row["help_phone"],
        dial="".join(c for c in row["help_phone"] if c in "+0123456789"),
        hours=row["help_hours"],
        languages=listed(tuple(row["help_languages"]), language),
    )
