"""What a search asks (PS3.18 §8.3.4, §10.6.1.2; PS3.4 §C.2.2.2), as conditions of SQL. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from services.portal.dicomweb.parameters import Absurd, whole
from services.portal.dicomweb.place import LONGEST, UID
from shared.catalogue import patterns
from shared.dicom.keywords import tag_of

Condition: TypeAlias = tuple[str, list[object]]  # with a placeholder for each value

MOST = 10_000  # results of one answer
FURTHEST = 10_000_000  # offset
LONGEST_VALUE, MOST_WILDCARDS = 256, 8
SEPARATOR = re.compile(r"[\\,]")
RANGE = re.compile(r"([0-9]{8})?(-?)([0-9]{8})?")
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Search:
    """One search; `fields` are tags that are wished besides, or `all`."""

    conditions: tuple[Condition, ...]
    fields: frozenset[str]
    limit: int
    offset: int


def search(said: Iterable[tuple[str, str]], known: Mapping[str, "Match"]) -> Search:
    """Return what a query string asks, as pairs; `known` is what may be searched by, by tag.

    Raises:
        Absurd: it asks for what there is not.

    """
    pairs = [(name, value) for name, value in said if value]
    options = {name.lower(): value for name, value in pairs if name.islower()}
    fuzzy = FLAGS.get(options.get("fuzzymatching", "false").lower())
    if fuzzy is None:
        msg = "For fuzzymatching, say true or false."
        raise Absurd(msg)
    fields, conditions = set(), []
    for name, value in pairs:
        tag = tag_of(name)
        if name == "includefield":
            fields |= {tag_of(each) or each for each in value.split(",")}
        elif tag is not None:
            conditions.append(condition(tag, value, known, fuzzy=fuzzy))
    return Search(
        tuple(conditions),
        frozenset(fields),
        whole(options.get("limit", str(MOST)), "limit", 1, MOST),
        whole(options.get("offset", "0"), "offset", 0, FURTHEST),
    )


def condition(tag: str, value: str, known: Mapping[str, "Match"], *, fuzzy: bool) -> Condition:
    """Return the condition that the attribute `tag` has `value`."""
    if tag not in known:
        msg = "One of these attributes cannot be searched by."
        raise Absurd(msg)
    if len(value) > LONGEST_VALUE or value.count("*") + value.count("?") > MOST_WILDCARDS:
        msg = "What is searched for is too long, or has too many wildcards."
        raise Absurd(msg)
    if "\0" in value:
        msg = "What is searched for holds what no text does."
        raise Absurd(msg)
    match = known[tag]
    if match.how is name and fuzzy:
        return words(match.column, value)
    return match.how(match.column, value)


def text(column: str, said: str) -> Condition:
    """Match text, in either case, with wildcards."""
    escaped = re.sub(r"([%_\\])", r"\\\1", said)
    return f"{column} ILIKE %s", [escaped.replace("*", "%").replace("?", "_")]


def name(column: str, said: str) -> Condition:
    """Match a group of a person's name, without case and accents; wildcards, `^` at the end."""
    pieces = re.split(r"([*?])", said.rstrip("^"))
    pattern = "".join({"*": "[^=]*", "?": "[^=]"}.get(each, re.escape(each)) for each in pieces)
    folded = [f"catalogue.folded({each})" for each in (column, "%s")]
    return " ~ ".join(folded), [rf"(^|=){pattern}\^*(=|$)"]


def words(_column: str, said: str) -> Condition:
    """Match the beginnings of words, as a search by hand does (PS3.4 §C.2.2.2.1.3)."""
    found = patterns(re.sub(r"[*?^=]", " ", said))
    return " AND ".join(["s.search LIKE ANY (%s)"] * len(found)) or "true", list(found)


def uids(column: str, said: str) -> Condition:
    """Match a list of UIDs."""
    found = SEPARATOR.split(said)
    if not all(len(each) <= LONGEST and UID.fullmatch(each) for each in found):
        msg = "A UID is digits with dots between them."
        raise Absurd(msg)
    return f"{column} = ANY (%s)", [found]


def codes(column: str, said: str) -> Condition:
    """Match one of several codes against a column of several."""
    return f"{column} && %s", [[each.strip().upper() for each in SEPARATOR.split(said)]]


def code(column: str, said: str) -> Condition:
    """Match one of several codes against a column of one."""
    return f"{column} = ANY (%s)", [[each.strip().upper() for each in SEPARATOR.split(said)]]


def number(column: str, said: str) -> Condition:
    """Match a whole number."""
    return f"{column} = %s", [whole(said, "a number", 0, 999_999_999)]


def dates(column: str, said: str) -> Condition:
    """Match a day, or a range of days, open at either end (PS3.4 §C.2.2.2.5.1)."""
    found = RANGE.fullmatch(said)
    if found is None or not (found[1] or found[3]) or (found[1] and found[3] and not found[2]):
        msg = "A date is as 20230504, a range as 20230101-20231231."
        raise Absurd(msg)
    first, last = day(found[1]), day(found[3])
    if not found[2]:
        first = last = first or last
    # As the index has it, by which rows are in order. What has no date is before all days.
    known = f"coalesce({column}, '-infinity')"
    begin = (f"{known} >= %s", first) if first else (f"{known} > %s::date", "-infinity")
    asked: list[tuple[str, object]] = [begin]
    if last:
        asked.append((f"{known} <= %s", last))
    return " AND ".join(one for one, _ in asked), [value for _, value in asked]


def day(said: str | None) -> date | None:
    """Return a DA value."""
    if not said:
        return None
    try:
        return datetime.strptime(said, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        msg = "There is no such day."
        raise Absurd(msg) from None


@dataclass(frozen=True, slots=True)
class Match:
    """How a column is matched."""

    how: Callable[[str, str], Condition]
    column: str


OF_STUDY: Mapping[str, Match] = {
    "00080020": Match(dates, "s.study_date"),
    "00080050": Match(text, "s.accession_number"),
    "00080061": Match(codes, "s.modalities"),
    "00080090": Match(name, "s.referring_physician"),
    "00081030": Match(text, "s.description"),
    "00100010": Match(name, "s.patient_name"),
    "00100020": Match(text, "r.patient_id"),
    "00100030": Match(dates, "s.patient_birth_date"),
    "0020000D": Match(uids, "s.study_uid"),
    "00200010": Match(text, "s.study_id"),
}
OF_SERIES: Mapping[str, Match] = {
    "00080060": Match(code, "e.modality"),
    "0008103E": Match(text, "e.description"),
    "0020000E": Match(uids, "e.series_uid"),
    "00200011": Match(number, "e.series_number"),
}
OF_INSTANCE: Mapping[str, Match] = {
    "00080016": Match(uids, "c.sop_class_uid"),
    "00080018": Match(uids, "c.sop_uid"),
    "00200013": Match(number, "c.instance_number"),
}
