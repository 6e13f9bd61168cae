"""services.portal.bring.rules: pieces, limits, and who is the same person."""

from datetime import date

import pytest

from services.portal.bring.rules import MOST_FILES, PIECE, Named, pieces, refusal, same

BORN = date(1968, 3, 12)


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_pieces_are_the_file(size: int) -> None:
    """They follow each other without a gap, none is empty, and only the last is short."""
    found = list(pieces(size))
    assert [at for at, _ in found] == [number * PIECE for number in range(len(found))]
    assert sum(length for _, length in found) == size
    assert all(length == PIECE for _, length in found[:-1])
    assert 0 < found[-1][1] <= PIECE


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ([], "nothing"),
        ([5, 0], "nothing"),
        ([1] * (MOST_FILES + 1), "too-many"),
        ([60, 41], "too-much"),
        ([60, 40], None),
    ],
)
def test_limits(sizes: list[int], why: str | None) -> None:
    """A hundred bytes of room are a hundred bytes, and a disc has something on it."""
    assert refusal(sizes, 100_000 if why == "too-many" else 100) == why


@pytest.mark.parametrize(
    ("disc", "known", "is_same"),
    [
        ("CASE^MARIA", "Case^Maria", True),
        ("GARCIA^JOSE", "García^José^Luis", True),
        ("Case^Maria^Elena=山田^花子", "CASE^MARIA", True),
        ("MARIA CASE", "Case^Maria", True),  # some machines have one field
        ("CASE^OTTO", "Case^Maria", False),
        ("CASE", "Case^Maria", False),  # a family has one name
        ("", "Case^Maria", False),
        (None, None, False),
    ],
)
def test_names(disc: str | None, known: str | None, *, is_same: bool) -> None:
    """Case, accents and further given names are nothing; another word is somebody else."""
    assert same(Named(disc, BORN), Named(known, BORN)) is is_same
    assert same(Named(known, BORN), Named(disc, BORN)) is is_same


def test_birth_dates() -> None:
    """Another date is another person; where there is none nobody can know."""
    name = "Case^Maria"
    assert not same(Named(name, date(1968, 12, 3)), Named(name, BORN))
    assert not same(Named(name, None), Named(name, BORN))
    assert not same(Named(name, None), Named(name, None))
