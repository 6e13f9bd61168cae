"""index.release: the later of rule and wish holds a study, never longer than a month."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.index.release import MOST_DAYS, Facts, Hold, SiteRule, holding, let_go
from shared.events import Held, Lane, Rule, Wish

CAME = datetime(2026, 11, 1, tzinfo=UTC)
NOW = CAME + timedelta(days=1)
MONTH = CAME + timedelta(days=MOST_DAYS)
WEEK = CAME + timedelta(days=7)

FACTS = st.builds(
    Facts,
    available_at=st.just(CAME),
    now=st.integers(0, 40).map(lambda days: CAME + timedelta(days=days)),
    reported=st.booleans(),
    lane=st.sampled_from(Lane),
    rule=st.sampled_from(["at-once", "with-report", "after-term"]),
    days=st.integers(0, MOST_DAYS),
    wishes=st.lists(st.sampled_from(Wish), max_size=2).map(tuple),
    released=st.booleans(),
)


@pytest.mark.parametrize(
    ("rule", "days", "wishes", "reported", "held"),
    [
        ("at-once", 30, (), False, None),
        ("at-once", 30, (Wish.AT_ONCE,), False, None),
        ("with-report", 7, (), False, Hold(Held.SITE_REPORT, WEEK)),
        ("with-report", 7, (), True, None),
        ("after-term", 7, (), True, Hold(Held.SITE_TERM, WEEK)),
        ("at-once", 30, (Wish.WITH_REPORT,), False, Hold(Held.WISH_REPORT, MONTH)),
        ("at-once", 30, (Wish.WITH_REPORT,), True, None),
        ("at-once", 30, (Wish.AFTER_CALL,), True, Hold(Held.WISH_CALL, MONTH)),
        # The later of both.
        ("after-term", 7, (Wish.WITH_REPORT,), False, Hold(Held.WISH_REPORT, MONTH)),
        ("after-term", 7, (Wish.WITH_REPORT,), True, Hold(Held.SITE_TERM, WEEK)),
        ("after-term", 30, (Wish.AT_ONCE,), True, Hold(Held.SITE_TERM, MONTH)),
        # For a moment two persons may have claimed one record: the stricter counts.
        ("at-once", 30, (Wish.AT_ONCE, Wish.AFTER_CALL), True, Hold(Held.WISH_CALL, MONTH)),
    ],
)
def test_the_later_of_rule_and_wish_holds(
    rule: SiteRule,
    days: int,
    wishes: tuple[Wish, ...],
    reported: bool,  # noqa: FBT001  a column of the table
    held: Hold | None,
) -> None:
    """Each with what it waits for, and its end."""
    facts = Facts(CAME, NOW, reported=reported, rule=rule, days=days, wishes=wishes)
    assert holding(facts) == held


@given(FACTS)
def test_nothing_is_held_longer_than_a_month(facts: Facts) -> None:
    """Nor an old archive at all; nor what was released, but by a wish."""
    hold = holding(facts)
    if hold is not None:
        assert facts.now < hold.until <= MONTH
        assert facts.lane is Lane.LIVE
        assert not facts.released or hold.because in {Held.WISH_REPORT, Held.WISH_CALL}


@given(FACTS, st.sampled_from(Wish))
def test_a_wish_only_ever_makes_it_later(facts: Facts, wish: Wish) -> None:
    """No patient opens what the hospital holds."""
    before, after = (holding(replace(facts, wishes=wishes)) for wishes in ((), (wish,)))
    assert before is None or (after is not None and after.until >= before.until)


@pytest.mark.parametrize(
    ("hold", "reported", "rule"),
    [
        (None, True, Rule.AT_ONCE),
        (Hold(Held.SITE_REPORT, WEEK), True, Rule.REPORT),
        (Hold(Held.WISH_REPORT, WEEK), True, Rule.REPORT),
        (Hold(Held.SITE_REPORT, CAME), False, Rule.TERM),
        (Hold(Held.WISH_CALL, WEEK), True, Rule.WISH),
        (Hold(Held.SITE_TERM, WEEK), False, Rule.SITE),
    ],
)
def test_it_is_told_what_let_it_go(hold: Hold | None, *, reported: bool, rule: Rule) -> None:
    """The report, the end of the term, a changed wish, or a changed rule."""
    assert let_go(Facts(CAME, NOW, reported=reported, hold=hold)) is rule
