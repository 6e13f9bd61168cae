"""ops.waiting: who waits, since when and why, in one sentence."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ops.waiting import Wait, Why, lasting, sentence

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def wait(who: str, minutes: float, why: Why = Why.NO_ADDRESS) -> Wait:
    return Wait(who, NOW - timedelta(minutes=minutes), why)


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ([], "Nobody waits."),
        ([wait("a", 4)], "1 patient waits for 4 minutes: no address on file"),
        (
            [wait("a", 1), wait("b", 4), wait("c", 2)],
            "3 patients wait, the longest for 4 minutes: no address on file",
        ),
        (
            [wait("a", 1, Why.ARRIVING), wait("b", 200), wait("c", 2)],
            "3 patients wait, the longest for 3 hours: no address on file (2), still arriving (1)",
        ),
    ],
)
def test_who_waits_is_one_sentence(waits: list[Wait], said: str) -> None:
    """Count, the longest, and the reasons with the most frequent first."""
    assert sentence(waits, NOW) == said


def test_a_patient_with_two_reasons_is_one_patient() -> None:
    """The longer wait is the one that is told."""
    waits = [wait("a", 2, Why.ARRIVING), wait("a", 9)]
    assert sentence(waits, NOW) == "1 patient waits for 9 minutes: no address on file"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "less than a second"),
        (0.4, "less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (7300, "2 hours"),
        (86400 * 2.5, "2 days"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    """One unit, rounded down; a clock that runs behind is no negative wait."""
    assert lasting(seconds) == said
