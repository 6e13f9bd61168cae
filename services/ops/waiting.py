"""Who waits, since when and why: the first line of `scanpass status`. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    """Why a patient has not been told yet, in the operator's words."""

    NO_ADDRESS = "no address on file"
    REFUSED = "the address was refused"
    OVERDUE = "the letter cannot be sent"
    UNASSIGNED = "no Patient ID in the files"
    CONFLICT = "the files name two patients"
    ARRIVING = "still arriving"


@dataclass(frozen=True)
class Wait:
    """One patient who waits; `who` is opaque (a record or a study), never a name."""

    who: str
    since: datetime
    why: Why


def sentence(waits: Iterable[Wait], now: datetime) -> str:
    """Return who waits, since when and why, in one sentence."""
    first = longest_each(waits)
    if not first:
        return "Nobody waits."
    who = "1 patient waits" if len(first) == 1 else f"{len(first)} patients wait"
    since = lasting((now - first[0].since).total_seconds())
    if len(first) == 1:
        return f"{who} for {since}: {first[0].why}"
    return f"{who}, the longest for {since}: {reasons(first)}"


def longest_each(waits: Iterable[Wait]) -> list[Wait]:
    """Return the longest wait of each patient, the longest first."""
    first: dict[str, Wait] = {}
    for wait in sorted(waits, key=lambda each: each.since):
        first.setdefault(wait.who, wait)
    return list(first.values())


def reasons(waits: Sequence[Wait]) -> str:
    """Return why they wait, the most frequent first, with counts where there are several."""
    counted = Counter(wait.why for wait in waits)
    if len(counted) == 1:
        return next(iter(counted)).value
    return ", ".join(f"{why.value} ({count})" for why, count in counted.most_common())


def lasting(seconds: float) -> str:
    """Return a duration as a person says it: `4 minutes`, `3 hours`, `2 days`."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count = int(max(0.0, seconds) // length)
        if count:
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return "less than a second"
