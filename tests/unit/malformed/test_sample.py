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
EVERY_BYTE = range(700)


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


@pytest.mark.parametrize("fault", ["cut-accepted", "good-refused", "parent-raises"])
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    """The judge of the mutants can be made red."""
    _, seen = plants.LOOKS[fault]
    assert seen(plants.tally(fault, tmp_path))


def test_a_parent_that_dies_is_found(tmp_path: Path) -> None:
    """The process is gone, and with it all that it had seen."""
    assert plants.found("parent-dies", tmp_path)


def test_what_is_excused_is_counted() -> None:
    """A cut between two elements leaves no trace: it may pass, and is told apart."""
    report = next(source for source in SOURCES if source.name == "report")
    assert report.layout is not None
    ends = {each.end for each in report.layout.top()} - {len(report.content)}

    excused = {int(each.what.split()[1]) for each in cuts(report, iter(EVERY_BYTE)) if each.excuse}

    assert excused == ends
