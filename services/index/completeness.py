"""When a study is complete, and when to ask again. Pure."""

from dataclasses import dataclass

from shared.events import Because

SOONEST, LATEST = 0.5, 5.0  # seconds until a study that waits for others is asked again


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of a study; times in seconds of the database's clock."""

    presented: int
    received: int  # distinct SOP instances, those kept aside for a human too
    in_flight: int  # contents with a receipt that are not filed here, or not settled
    expected: int | None  # distinct SOP instances, None where nobody says
    waiting_since: float  # first change since it last counted as complete
    last_seen: float  # last change
    watermark: float | None  # all that was dropped before has its receipt; None: not listed yet


def complete(counts: Counts, now: float, quiet: float = 60, limit: float = 1800) -> Because | None:
    """Return why the study counts as complete, or None while it does not.

    Quiet means that the drop was looked through for what had come within `quiet` seconds after
    the last change, that there was nothing, and that nothing is on its way. Where it is known how
    much is to come, quiet proves nothing: what is missing is waited for until `limit`.
    """
    if counts.expected is not None:
        if counts.received >= counts.expected and not counts.in_flight:
            return Because.EXPECTED
        return Because.LIMIT if now >= counts.waiting_since + limit else None
    drained = counts.watermark is not None and counts.watermark >= counts.last_seen + quiet
    if drained and not counts.in_flight and now >= counts.last_seen + quiet:
        return Because.QUIET
    if now >= counts.waiting_since + limit:
        return Because.LIMIT
    return None


def ask_again(counts: Counts, now: float, quiet: float = 60, limit: float = 1800) -> float:
    """Return in how many seconds a study that is not complete may have become so."""
    until_limit = counts.waiting_since + limit - now
    if counts.expected is not None and counts.received < counts.expected:
        return max(until_limit, SOONEST)  # what arrives makes it due by itself
    until_quiet = counts.last_seen + quiet - now
    poll = min(max(quiet / 10, SOONEST), LATEST)
    return max(min(until_quiet if until_quiet > 0 else poll, until_limit), SOONEST)


def possible(
    because: Because, waiting_since: float, last_seen: float, quiet: float, limit: float
) -> float:
    """Return from when on a study could count as complete, for the reason that it did."""
    match because:
        case Because.QUIET:
            return last_seen + quiet
        case Because.EXPECTED:
            return last_seen
        case Because.LIMIT:
            return waiting_since + limit
