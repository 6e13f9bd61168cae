"""services.index.completeness: the clock asks, the counts answer."""

from dataclasses import replace

import pytest

from services.index.completeness import LATEST, SOONEST, Counts, ask_again, complete

ARRIVED = Counts(
    presented=3, in_flight=0, expected=None, waiting_since=0, last_seen=100, watermark=160
)


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
        (replace(ARRIVED, expected=4), 500, "quiet"),
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
