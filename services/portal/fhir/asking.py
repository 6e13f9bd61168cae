"""What a FHIR search asks (https://hl7.org/fhir/R4/search.html), as conditions of SQL. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from services.portal.dicomweb.parameters import Absurd, whole

Condition: TypeAlias = tuple[str, list[object]]  # with a placeholder for each value
How: TypeAlias = Callable[[str, str], Condition]

USUAL, MOST, FURTHEST = 50, 200, 10_000_000
LONGEST = 256
# The prefixes of dates that are answered; a day is an interval (§3.1.1.4.6).
COMPARED: Mapping[str, str] = {
    "eq": "({column} >= %(first)s AND {column} < %(behind)s)",
    "ge": "{column} >= %(first)s",
    "gt": "{column} >= %(behind)s",
    "sa": "{column} >= %(behind)s",
    "le": "{column} < %(behind)s",
    "lt": "{column} < %(first)s",
    "eb": "{column} < %(first)s",
}
MOMENT = re.compile(r"(eq|ge|gt|sa|le|lt|eb)?([0-9]{4})(-[0-9]{2})?(-[0-9]{2})?(T.*)?")
REFERENCE = re.compile(r"(?:.*/)?([0-9A-Za-z.-]{1,64})")
DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """One search; `said` is what of it was understood, for the link to itself."""

    conditions: tuple[Condition, ...]
    count: int
    offset: int
    said: tuple[tuple[str, str], ...]


def asked(pairs: Iterable[tuple[str, str]], known: Mapping[str, tuple[How, str]]) -> Asked:
    """Return what a query string asks; `known` says how each parameter is matched, and where.

    What is not known is passed over (§3.1.1.3), and is missing in the link to itself.

    Raises:
        Absurd: it asks for what there is not.

    """
    conditions, said = [], []
    count, offset = USUAL, 0
    for name, value in pairs:
        if name == "_count":
            count = min(whole(value, "_count", 1, 999_999_999), MOST)
        elif name == "_offset":
            offset = whole(value, "_offset", 0, FURTHEST)
        elif name in known:
            if len(value) > LONGEST or "\0" in value:
                msg = "What is searched for is too long, or no text."
                raise Absurd(msg)
            how, column = known[name]
            conditions.append(how(column, value))
        else:
            continue
        said.append((name, value))
    return Asked(tuple(conditions), count, offset, tuple(said))


def text(column: str, said: str) -> Condition:
    """Match one of several texts."""
    return f"{column} = ANY (%s)", [said.split(",")]


def code(column: str, said: str) -> Condition:
    """Match one of several codes in a column of several, with or without their system."""
    return f"{column} && %s", [[each.rpartition("|")[2] for each in said.split(",")]]


def value(column: str, said: str) -> Condition:
    """Match one of several identifiers by their values; a UID as a URN too."""
    values = [each.rpartition("|")[2].removeprefix("urn:oid:") for each in said.split(",")]
    columns = column.split(",")
    return " OR ".join(f"{each} = ANY (%s)" for each in columns), [values] * len(columns)


def reference(column: str, said: str) -> Condition:
    """Match one of several patients: `Patient/<id>`, an id, or a URL that ends so."""
    found = []
    for each in said.split(","):
        told = REFERENCE.fullmatch(each)
        try:
            found.append(UUID(told[1] if told else ""))
        except ValueError:
            continue  # nobody's
    return f"{column} = ANY (%s)", [found]


def among(column: str, said: str) -> Condition:
    """Match one of several patients where `column` is a condition with a place for that."""
    condition, values = reference("k.record", said)
    return column.format(condition), values


def dates(column: str, said: str) -> Condition:
    """Match a date or moment, by a prefix; `column` is compared as it is."""
    match = MOMENT.fullmatch(said)
    if match is None:
        msg = "A date is as 2023-05-04, with a prefix such as ge before it."
        raise Absurd(msg)
    prefix, year, month, day, time = match.groups()
    try:
        first, behind = interval(said.removeprefix(prefix or ""), year, month, day, time)
    except (ValueError, OverflowError):
        msg = "There is no such day."
        raise Absurd(msg) from None
    condition = COMPARED[prefix or "eq"].format(column=column)
    order = re.findall(r"%\((first|behind)\)s", condition)
    told = {"first": first, "behind": behind}
    return re.sub(r"%\(\w+\)s", "%s", condition), [told[each] for each in order]


def interval(
    said: str, year: str, month: str | None, day: str | None, time: str | None
) -> tuple[datetime, datetime]:
    """Return the moments that begin a year, month, day or second, and the next one, by UTC."""
    if time is not None:
        moment = datetime.fromisoformat(said)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment, moment + timedelta(seconds=1)
    first = date(int(year), int((month or "-1")[1:]), int((day or "-1")[1:]))
    if day is not None:
        behind = first + timedelta(days=1)
    elif month is not None and first.month < DECEMBER:
        behind = first.replace(month=first.month + 1)
    else:
        behind = first.replace(year=first.year + 1, month=1)
    return midnight(first), midnight(behind)


def midnight(day: date) -> datetime:
    """Return when a day begins, by UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
