"""chaos.verdict: a finding is counted as what it is, and any finding at all is red."""

import pytest

from tests.chaos.verdict import LOST, MIXED, STUCK, TWICE, red

GOOD = {
    **dict.fromkeys(("lost", "duplicate_rows", "mixed_patients", "stuck"), 0),
    "letters_repeated": 1,
    "kills_in_letter_window": 1,
}


@pytest.mark.parametrize(
    ("finding", "kind"),
    [
        ("archive: missing north/1.2/3", LOST),
        ("content: ('north', '1.2', 'ab') is None, not presented", LOST),
        ("letter: north/1.2 is due, 0 came", LOST),
        ("copy: not settled: ('north', '1.2', 'ab')", LOST),
        ("queue: in index.instances.dead lies instance.stored.v1 fresh {}", STUCK),
        ("outbox: 3 events of catalogue were never told", STUCK),
        ("study: ('north', '1.2') is another patient's", MIXED),
        ("content: ('north', '1.2', 'ab') is presented, not None", TWICE),
    ],
)
def test_a_finding_is_of_one_kind(finding: str, kind: object) -> None:
    """And of no other."""
    assert [each for each in (LOST, STUCK, MIXED, TWICE) if each.match(finding)] == [kind]


def test_a_good_run_is_not_red() -> None:
    """A letter may be repeated for each kill between sending and committing."""
    assert not red([], GOOD)


@pytest.mark.parametrize("name", ["lost", "duplicate_rows", "mixed_patients", "stuck"])
def test_any_of_these_is_red(name: str) -> None:
    """One is enough."""
    assert red([], GOOD | {name: 1})


def test_a_letter_repeated_without_a_kill_is_red() -> None:
    """And so is a finding of no kind."""
    assert red([], GOOD | {"letters_repeated": 2})
    assert red(["series: no metadata object: 1.2"], GOOD)
