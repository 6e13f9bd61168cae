"""shared.catalogue: folding, and what plain words stand for."""

import pytest

from shared.catalogue import patterns, searchable, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller^Zoë=山田^太郎", ("muller", "zoe", "山田", "太郎")),
        ("STRASSE Straße", ("strasse",)),
        ("Ødegård Łódź Đặng I\u0131", ("odegard", "lodz", "dang", "ii")),
        ("ﾔﾏﾀﾞ", ("ヤマタ",)),  # half width is full width; the voiced mark goes as accents go
        ("이름", ("이름",)),
        ("A-77/3_b", ("a", "77", "3", "b")),
        ("100%", ("100",)),
        ("", ()),
    ],
)
def test_words_are_folded(text: str, folded: tuple[str, ...]) -> None:
    """Without case, accents, width and punctuation; nothing of LIKE's own survives."""
    assert words(text) == folded


def test_every_word_starts_after_a_space() -> None:
    """So that a pattern finds the starts of words only."""
    assert searchable("Knee, MR") == " knee mr "


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("zoe", [["% zoe%"]]),
        ("mri", [["% mri%", "% mr %"]]),
        ("Resonancia", [["% resonancia%", "% mr %"]]),
        ("rodilla", [["% rodilla%", "% knee%"]]),
        ("x-ray", [["% xray%", "% cr %", "% dx %"]]),
        ("knee mri", [["% knee%", "% rodilla%"], ["% mri%", "% mr %"]]),
        ("--", []),
    ],
)
def test_plain_words_become_patterns(said: str, found: list[list[str]]) -> None:
    """Every word must match one of its own."""
    assert patterns(said) == found
