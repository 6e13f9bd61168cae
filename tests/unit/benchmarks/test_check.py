"""benchmarks.check: a ratio that falls by a fifth is found, and a busy machine is no fall."""

import json
from pathlib import Path

import pytest

from benchmarks.check import FOLDER, Run, fallen, main


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([{"frames_ratio": 1.0}, {"frames_ratio": 0.81}], 0),
        ([{"frames_ratio": 1.0}, {"frames_ratio": 0.79}], 1),
        ([{"frames_ratio": 1.0}, {"frames_ratio": 0.85}, {"frames_ratio": 0.7}], 1),
        ([{"frames_ratio": 0.7}, {"frames_ratio": 1.0}], 0),
        ([{"frames_ratio": 1.0}, {"frames_ratio": 0.1, "others_busy": 0.9}], 0),
        ([{"frames_ratio": 9.0, "others_busy": 0.9}, {"frames_ratio": 1.0}], 0),
        ([{"frames_ratio": 1.0}, {"metadata_ratio": 0.1}], 0),
        ([{"frames_ratio": 0.1}], 0),
    ],
)
def test_only_a_fall_by_a_fifth_is_found(runs: list[Run], found: int) -> None:
    """Against the best before, of runs that say something."""
    assert len(fallen(runs)) == found


def test_a_fall_is_said_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its file and its name."""
    file = tmp_path / "web.jsonl"
    file.write_text("".join(json.dumps({"frames_ratio": ratio}) + "\n" for ratio in (2.0, 1.0)))
    assert main([file]) == 1
    assert capsys.readouterr().out == "web.jsonl: frames_ratio fell from 2.0 to 1.0\n"


def test_what_is_committed_has_not_fallen() -> None:
    """Each file of results in the repository."""
    assert main(sorted(FOLDER.glob("*.jsonl"))) == 0
