"""chaos.load: what is dropped is what the judge takes it for."""

from collections import Counter
from pathlib import Path

import pytest

from tests.chaos import load
from tests.judging.dropped import Kind, read_all


@pytest.mark.parametrize("instances", [20, 80, 410])
def test_the_waves_are_what_the_judge_reads(instances: int, tmp_path: Path) -> None:
    """As many instances as were asked for, and one of each kind that it wants to see."""
    mine = load.waves(instances)
    mine.lay_out(tmp_path)
    kinds = Counter(file.kind for file in read_all(tmp_path))
    assert kinds == {
        Kind.INSTANCE: instances,
        Kind.ROSTER: 2,
        Kind.CUT: 1,
        Kind.BAD_UID: 1,
        Kind.FOREIGN: 1,
    }
    dropped = [key for name in ("1-rosters", "2-studies", "3-again") for key in mine.wave(name)]
    assert sum(map(load.counts, dropped)) == mine.instances


def test_a_round_gives_every_handler_work(tmp_path: Path) -> None:
    """Files in an archive are judged and not dropped; a released one counts as an instance."""
    mine = load.round_of(1, decision=True, postponed=True)
    mine.lay_out(tmp_path)
    kinds = Counter(file.kind for file in read_all(tmp_path))
    assert kinds[Kind.INSTANCE] == mine.instances
    assert {Kind.ARCHIVE, Kind.DECLARATION, Kind.ROSTER, Kind.CUT} <= set(kinds)
    assert not set(mine.wave("001-round")) & {key.partition("/")[2] for key in mine.within}


def test_two_rounds_share_nothing(tmp_path: Path) -> None:
    """Else a later one could hide what an earlier one has lost."""
    for number in (1, 2):
        load.round_of(number, decision=False, postponed=False).lay_out(tmp_path)
    files = [file for file in read_all(tmp_path) if file.kind is Kind.INSTANCE]
    assert len({file.sop for file in files}) == len(files) == 12
