"""ops.__main__: a wrong command line is one line and exit code 2; a failure has its own code."""

from pathlib import Path

import pytest

from services.ops import __main__ as command
from services.ops.__main__ import ended, run
from services.ops.ends import Misused, Problem, Unreachable
from shared.db import Conflicted, Refused


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AMQP_URL", "MANAGEMENT_URL", "DATABASE_URL", "S3_ENDPOINT"):
        monkeypatch.delenv(f"SCANPASS_{name}", raising=False)


@pytest.mark.parametrize(
    "words",
    [
        ["nope"],
        ["drop"],
        ["dead"],
        ["site", "add"],
        ["site", "list", "--nope"],
        ["find", "--limit", "0"],
        ["dead", "replay"],
        ["site", "add", "North Clinic", "--title", "x", "--help-phone", "1"],
        ["status"],
        ["topology", "check", "--json"],
    ],
)
def test_a_wrong_command_line_is_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage and configuration: exit code 2, one line on standard error, nothing on output."""
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert len(err) > 10


def test_a_missing_variable_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """And what it is for."""
    run(["site", "list"])
    assert "SCANPASS_DATABASE_URL is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Problem("a sentence"), 1),
        (Misused("a sentence"), 2),
        (Unreachable("s3", "nobody-listens", "h:1"), 3),
        (Refused("42P01"), 1),
        (Refused("42501"), 1),
        (Refused("23505"), 1),
        (Conflicted(), 1),
    ],
)
def test_every_end_has_its_code(error: Exception, code: int) -> None:
    """And words that are no code."""
    sentence, told = ended(error)
    assert told == code
    assert " " in sentence


def test_a_missing_schema_says_how_to_make_it() -> None:
    """The first thing that happens to everybody."""
    assert "scanpass db migrate" in command.refusal("42P01")


@pytest.mark.parametrize("words", [[], ["--help"], ["drop", "--help"], ["dead", "--help"]])
def test_help_is_no_failure(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without a word, too."""
    assert run(words) == 0
    assert "Usage: scanpass" in capsys.readouterr().out.replace("\n", " ")
