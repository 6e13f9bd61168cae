"""The life of a thing, from the drop to the letter, as moments in order. Pure: rows in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeAlias

from shared.reference import reference

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Moment:
    """Something that happened to `count` objects, from `at` until `until`."""

    at: datetime
    until: datetime
    what: str
    detail: str
    count: int


@dataclass(frozen=True)
class Traces:
    """What the schemas know of one thing; each a list of rows named like the columns."""

    receipts: Iterable[Row] = ()
    quarantined: Iterable[Row] = ()
    contents: Iterable[Row] = ()
    settlements: Iterable[Row] = ()
    studies: Iterable[Row] = ()
    deliveries: Iterable[Row] = ()
    digested: Iterable[Row] = ()
    dead: Iterable[Row] = ()


def life(traces: Traces) -> list[Moment]:
    """Return the moments of a thing by time; the same step of many objects is one moment."""
    steps: dict[tuple[str, str], list[datetime]] = {}
    for at, what, detail in happened(traces):
        steps.setdefault((what, detail), []).append(at)
    moments = [
        Moment(min(times), max(times), what, detail, len(times))
        for (what, detail), times in steps.items()
    ]
    return sorted(moments, key=lambda moment: (moment.at, moment.until))


def happened(traces: Traces) -> Iterator[tuple[datetime, str, str]]:
    """Yield every step of every object that has a time, in any order."""
    steps = chain(
        chain.from_iterable(map(of_receipt, traces.receipts)),
        chain.from_iterable(map(of_quarantine, traces.quarantined)),
        chain.from_iterable(map(of_content, traces.contents)),
        chain.from_iterable(map(of_settlement, traces.settlements)),
        chain.from_iterable(map(of_study, traces.studies)),
        chain.from_iterable(map(of_delivery, traces.deliveries)),
        chain.from_iterable(map(of_digested, traces.digested)),
        chain.from_iterable(map(of_dead_letter, traces.dead)),
    )
    return ((at, what, detail) for at, what, detail in steps if at is not None)


Step: TypeAlias = tuple[datetime | None, str, str]


def of_receipt(row: Row) -> Iterator[Step]:
    """Yield when it was dropped, and when taken in."""
    yield row["dropped_at"], "dropped", f"through {row['door']}, lane {row['lane']}"
    yield row["received_at"], "received", f"{row['kind']} in {row['bucket']}"


def of_quarantine(row: Row) -> Iterator[Step]:
    """Yield when it was held, and what a person decided."""
    yield row["quarantined_at"], "quarantined", row["reason"]
    decided = {"release": "released by", "reject": "rejected by"}.get(row["decision"], "")
    yield row["decided_at"], "decided", f"{decided} {row['actor']}"


def of_content(row: Row) -> Iterator[Step]:
    """Yield when it was filed in the catalogue, and whether it is what is shown."""
    standing = row["standing"] + (f", {row['conflict']}" if row["conflict"] else "")
    yield row["filed_at"], "filed", standing


def of_settlement(row: Row) -> Iterator[Step]:
    """Yield what became of the fast copy."""
    detail = row["outcome"] + (f", {row['reason']}" if row["reason"] else "")
    yield row["settled_at"], "transcoded", detail


def of_study(row: Row) -> Iterator[Step]:
    """Yield what happened to the study as a whole."""
    yield row["first_seen"], "first seen", "study"
    why = f"revision {row['revision']}, {row['completeness']}, because {row['because']}"
    yield row["available_at"], "available", why
    yield row["released_at"], "released", "the patient may see it"


def of_delivery(row: Row) -> Iterator[Step]:
    """Yield the letter or text message, or why there is none."""
    channel = row["channel"] or "no address or number on file"
    yield row["created_at"], "letter owed", row["kind"].replace("-", " ")
    if row["state"] == "sent":
        yield row["sent_at"], "letter sent", f"{channel}, attempt {row['attempts']}"
    elif row["state"] == "failed":
        yield row["due_at"], "letter failed", f"{channel}, {row['reason']}"
    elif row["state"] == "dropped":
        yield row["created_at"], "letter dropped", "the study is held again"
    elif row["state"] == "due":
        tried = f", {row['attempts']} tried, last: {row['reason']}" if row["attempts"] else ""
        yield row["due_at"], "letter due", channel + tried
    else:
        yield row["created_at"], "letter waits", channel


def of_digested(row: Row) -> Iterator[Step]:
    """Yield when a study was added to a letter about several."""
    named = reference("study", row["site"], row["study_uid"])
    yield row["added_at"], "study added", f"{row['study_uid']}, reference {named}"


def of_dead_letter(row: Row) -> Iterator[Step]:
    """Yield a message that nobody could handle."""
    yield row["failed_at"], "dead letter", f"{row['queue']}, {row['reason']}"
