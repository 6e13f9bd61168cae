"""Whether a study is shown or held: the hospital's rule and its patient's wish. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from shared.events import Held, Lane, Rule, Wish

# What is held longest, also by a wish: GDPR Art. 12(3) has a month for an answer.
MOST_DAYS = 30
SiteRule: TypeAlias = Literal["at-once", "with-report", "after-term"]

# SR documents that report, and reports in an envelope (PS3.4 §B.5, PS3.3 §A.35 and §A.45). Dose
# reports, key objects and measurements of machines are none.
REPORTS = frozenset(
    {
        *(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35)),
        *("1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.104.2"),  # PDF, CDA
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a study that is available and somebody's."""

    available_at: datetime
    now: datetime
    reported: bool = False
    lane: Lane = Lane.LIVE
    rule: SiteRule = "at-once"
    days: int = MOST_DAYS  # the hospital's longest
    wishes: tuple[Wish, ...] = ()  # of who has claimed the record
    released: bool = False
    hold: "Hold | None" = None  # that it is under


@dataclass(frozen=True, slots=True)
class Hold:
    """Why, and until when at the latest."""

    because: Held
    until: datetime


def holding(facts: Facts) -> Hold | None:
    """Return what holds the study longest; None where nothing does.

    An old archive is no news, so nothing holds it. What was released is taken back by no rule of
    the hospital, only by its patient's wish.
    """
    if facts.lane is Lane.BACKFILL:
        return None
    holds = [*wished(facts), *([] if facts.released else ruled(facts))]
    return max((each for each in holds if each.until > facts.now), key=last, default=None)


def ruled(facts: Facts) -> Iterator[Hold]:
    """Yield the hold of the hospital's rule."""
    until = facts.available_at + timedelta(days=min(facts.days, MOST_DAYS))
    if facts.rule == "after-term":
        yield Hold(Held.SITE_TERM, until)
    elif facts.rule == "with-report" and not facts.reported:
        yield Hold(Held.SITE_REPORT, until)


def wished(facts: Facts) -> Iterator[Hold]:
    """Yield the holds of the patient's wish."""
    until = facts.available_at + timedelta(days=MOST_DAYS)
    if Wish.AFTER_CALL in facts.wishes:
        yield Hold(Held.WISH_CALL, until)
    if Wish.WITH_REPORT in facts.wishes and not facts.reported:
        yield Hold(Held.WISH_REPORT, until)


def last(hold: Hold) -> tuple[datetime, bool]:
    """Return what orders holds: the later end, and of two a call, which no report ends."""
    return hold.until, hold.because is Held.WISH_CALL


def let_go(facts: Facts) -> Rule:
    """Return what lets a study go that nothing holds any more."""
    if facts.hold is None:
        return Rule.AT_ONCE
    if facts.reported and facts.hold.because in {Held.SITE_REPORT, Held.WISH_REPORT}:
        return Rule.REPORT
    if facts.hold.until <= facts.now:
        return Rule.TERM
    return Rule.WISH if facts.hold.because in {Held.WISH_REPORT, Held.WISH_CALL} else Rule.SITE
