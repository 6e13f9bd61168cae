"""services.index.completeness: the clock asks, the counts answer."""

from dataclasses import replace

import pytest

from services.index.completeness import LATEST, SOONEST, Counts, ask_again, complete

ARRIVED = Counts(
    presented=3,
    received=3,
    in_flight=0,
    expected=None,
    waiting_since=0,
    last_seen=100,
    watermark=160,
)
SHORT = replace(ARRIVED, expected=4)


@pytest.mark.parametrize(
    ("counts", "now", "reason"),
    [
        (ARRIVED, 159, None),
        (ARRIVED, 160, "quiet"),
        (replace(ARRIVED, watermark=159), 500, None),  # the drop may still hold one
        (replace(ARRIVED, watermark=None), 500, None),
        (replace(ARRIVED, in_flight=1), 500, None),
        (replace(ARRIVED, expected=3), 101, "expected"),
        (replace(ARRIVED, expected=3, in_flight=1), 101, None),
        (replace(ARRIVED, expected=2), 101, "expected"),
        (replace(ARRIVED, expected=3, watermark=None), 101, "expected"),
        (replace(ARRIVED, presented=2, expected=3), 101, "expected"),  # one is kept aside
        (SHORT, 1799, None),  # quiet proves nothing
        (SHORT, 1800, "limit"),
        (replace(ARRIVED, in_flight=1), 1800, "limit"),
        (ARRIVED, 1800, "quiet"),  # nothing is missing, so it is not partial
        (replace(ARRIVED, waiting_since=90, in_flight=1), 1800, None),
    ],
)
def test_when_a_study_is_complete(counts: Counts, now: float, reason: str | None) -> None:
    """Expected and settled, or quiet with nothing in flight, or at the limit."""
    assert complete(counts, now) == reason


@pytest.mark.parametrize(
    ("now", "quiet", "seconds"),
    [
        (100, 60, 60),
        (130, 60, 30),
        (200, 60, LATEST),  # something else is waited for
        (200, 3, SOONEST),
        (1799.9, 60, SOONEST),
        (1798, 60, 2),
    ],
)
def test_when_to_ask_again(now: float, quiet: float, seconds: float) -> None:
    """When it may be quiet, then again and again, at the latest at the limit."""
    assert ask_again(ARRIVED, now, quiet) == pytest.approx(seconds)


def test_what_is_missing_is_not_asked_for_again_and_again() -> None:
    """What comes makes the study due by itself, so only the limit is waited for."""
    assert ask_again(SHORT, 200) == 1600
    assert ask_again(replace(ARRIVED, expected=3, in_flight=1), 200) == LATEST
