"""tests.every_file: the files that are made, carried and judged; and that the judge can say no."""

from pathlib import Path

import pytest

from tests.every_file.__main__ import carried, set_of, table, unexpected
from tests.every_file.carry import PLANTS
from tests.every_file.generate import COLOURS, COMPRESSED, ENDIANS, KEPT, REFUSED, generated
from tests.every_file.sources import FOLDERS

COLUMNS = ("kind", "stored", "listed", "told", "fast copy", "example")
CONFORMANCE = Path(__file__).parents[3] / "docs" / "conformance.md"
FILES = dict(generated())
FEW = ("generated/palette-8-bit", "generated/rgb-by-plane", "generated/32-bit")
SHOWN = ("rgb-4-frames-by-plane", "rgb-deflated", "big-endian", "overlay-and-tables")


@pytest.mark.parametrize(
    "names", [COLOURS, ENDIANS, COMPRESSED, KEPT, REFUSED], ids=lambda names: next(iter(names))
)
def test_what_is_made_comes_out_as_committed(names: dict[str, object]) -> None:
    """Each file has its outcome and reason, each copy the pixels and elements of its original."""
    tally = carried([(f"generated/{name}", FILES[name]) for name in names], None)

    assert tally.wrong + tally.unlisted == []
    assert tally.rows == {name: row for name, row in table().items() if name in tally.rows}
    assert len(tally.rows) == len(names)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_fault_that_is_built_in_is_found(plant: str) -> None:
    """A judge that cannot say no is none."""
    names = {name: table()[name] for name in FEW}
    tally = carried([(name, FILES[name.partition("/")[2]]) for name in FEW], plant, shown=True)

    assert tally.wrong or tally.unread or list(unexpected(tally.rows, names, []))


def test_other_readers_have_nothing_to_say_of_a_few_copies() -> None:
    """DCMTK reads them, and dciodvfy finds no error that was not in the original."""
    tally = carried([(f"generated/{name}", FILES[name]) for name in SHOWN], None, shown=True)

    assert tally.counts["transcoded"] == len(SHOWN)
    assert tally.unread + tally.new_errors == []


def test_a_file_that_is_gone_or_new_is_found() -> None:
    """The table is whole; only a test set that is not installed may be missing."""
    wanted = {"pydicom/a": ("kept", "x"), "deid-data/b": ("kept", "x")}

    assert len(list(unexpected({"pydicom/c": ("kept", "x")}, wanted, ["deid-data"]))) == 2
    assert {set_of(name) for name in table()} == {*FOLDERS, "generated"}


def rows() -> list[tuple[str, str, str]]:
    """Return the kind, what is said of its fast copy, and the file that shows it, of each row."""
    lines = [line for line in CONFORMANCE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    kinds = [row for row in cells if len(row) == len(COLUMNS) and row[5].startswith("`")]
    return [(row[0], row[4], row[5].strip("`")) for row in kinds]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_of_the_conformance_table_is_true(row: tuple[str, str, str]) -> None:
    """What the page promises of a kind of object is what becomes of its example."""
    _, promise, example = row
    outcome, reason = table()[example]

    assert promise == ("yes" if outcome == "transcoded" else f"{outcome}: `{reason}`")
