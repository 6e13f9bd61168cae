"""shared.catalogue: folding, and what plain words stand for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import patterns, searchable, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller^Zoë=山田^太郎", ("muller", "zoe", "山田", "太郎")),
        ("STRASSE Straße", ("strasse",)),
        ("Ødegård Łódź Đặng I\u0131", ("odegard", "lodz", "dang", "ii")),
        ("ﾔﾏﾀﾞ", ("ヤマタ",)),  # half width is full width; the voiced mark goes as accents go
        ("이름", ("이름",)),
        (unicodedata.normalize("NFD", "이름"), ("이름",)),
        ("やまだ ヤマダ ﾔﾏﾀﾞ", ("ヤマタ",)),
        ("Ｙａｍａｄａ １２", ("yamada", "12")),  # noqa: RUF001  full width
        ("İstanbul ISTANBUL \u0131stanbul", ("istanbul",)),
        ("Διονύσιος ΔΙΟΝΥΣΙΟΣ ΔΙΟΝΥΣΙΟσ", ("διονυσιοσ",)),
        ("Фёдор ФЕДОР", ("федор",)),
        ("ẞ ß ss ﬁn", ("ss", "fin")),
        ("㎒", ("mhz",)),  # what is folded apart is folded again
        ("مُحَمَّد محمد محمـد \u200fمحمد\u200f", ("محمد",)),
        ("أحمد احمد آحمد ٱحمد", ("احمد",)),
        ("ﺍﺣﻤﺪ", ("احمد",)),  # presentation forms
        ("علی علي على", ("علي",)),
        ("שָׁרוֹן שרון שׁרון", ("שרונ",)),
        ("राम", ("राम",)),  # a vowel sign is in the word
        ("กิตติ", ("กิตติ",)),
        ("soft­hyphen", ("softhyphen",)),
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


def test_a_word_of_a_script_without_spaces_starts_at_each_letter() -> None:
    """So a given name is found behind the family name; a long text by its beginning."""
    assert searchable("김희중") == " 김희중 희중 중 "
    assert searchable("水" * 33) == f" {'水' * 33} "


@given(st.text())
def test_what_is_folded_stays(text: str) -> None:
    """Both sides of a comparison may be folded any number of times."""
    assert words(" ".join(words(text))) == words(text)


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
