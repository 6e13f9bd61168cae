"""What the drill forgives: a letter told again, and the code of its first copy; nothing else."""

from tests.chaos.drill import weighed

TWICE = "letter: north/2.25.1 was told 2 times in 1 attempts"
UNKNOWN = "letter: north/2.25.1 shows a code that nobody knows"


def test_a_repeated_letter_and_its_first_code_are_forgiven() -> None:
    """What the database alone knew is gone: that the letter was sent, and its code."""
    assert weighed([TWICE, UNKNOWN]) == (["north/2.25.1"], ["north/2.25.1"], [])


def test_a_letter_that_was_not_repeated_has_to_open() -> None:
    """A patient whose only code is unknown is locked out."""
    assert weighed([UNKNOWN])[2] == [UNKNOWN]


def test_one_of_two_letters_has_to_open() -> None:
    """The second letter is what the patient still has."""
    assert weighed([TWICE, UNKNOWN, UNKNOWN])[2] == [UNKNOWN, UNKNOWN]


def test_everything_else_is_a_loss() -> None:
    """Findings of other kinds stay findings."""
    told = "letter: north/2.25.1 was told 3 times in 1 attempts"
    assert weighed([told, "lost: north/2.25.1"]) == ([], [], [told, "lost: north/2.25.1"])
