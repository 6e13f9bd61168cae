"""tests.malformed: a small sample of it, and the faults that it must find."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.malformed import plants
from tests.malformed.door import door
from tests.malformed.mutations import Must, Mutant, all_of, cuts
from tests.malformed.sources import Source, made

EVERY = 3  # bytes between two cuts
SOURCES = list(made())


def mutants(source: Source) -> Iterator[Mutant]:
    yield Mutant(source.name, "good", "whole", source.content, Must.ACCEPT)
    yield from cuts(source, iter(range(0, len(source.content), EVERY)))
    yield from all_of(source, "sample", flipped=40, shuffled=10)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_lie_is_believed_and_no_good_file_refused(source: Source, tmp_path: Path) -> None:
    """Cut, lied about, flipped and shuffled; nothing kills the reader either."""
    tally = door(mutants(source), tmp_path)
    assert tally.files > len(source.content) // EVERY
    assert (tally.accepted, tally.refused, tally.crashes) == ([], [], [])


@pytest.mark.parametrize("fault", plants.LOOKS)
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    """The judge of the mutants can be made red."""
    assert plants.found(fault, tmp_path)
