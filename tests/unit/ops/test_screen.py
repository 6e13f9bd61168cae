"""ops.screen: one JSON document for machines, harmless text for people."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.ops.screen import plain, table, tell

DOCUMENT = {
    "at": datetime(2026, 1, 1, tzinfo=UTC),
    "day": date(2026, 1, 2),
    "record": UUID(int=1),
    "modalities": ("CT",),
    "name": "Müller^Zoë",
}


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine reads standard output to its end."""
    tell(DOCUMENT, ["for people"], as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "at": "2026-01-01T00:00:00+00:00",
        "day": "2026-01-02",
        "record": str(UUID(int=1)),
        "modalities": ["CT"],
        "name": "Müller^Zoë",
    }
    assert out.count("\n") == 1


def test_text_of_a_file_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Patient names come from outside: no escape sequence, no markup reaches the terminal."""
    name = "[red]DOE\x1b[2J\u202e^JANE\n"
    tell({}, [table(("name",), [[name]])], as_json=False)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[red]DOE" in out


def test_a_pipe_is_not_cut_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """UIDs have 64 characters, and a table has several."""
    tell({}, [table(("a", "b"), [["1" * 64, "2" * 64]])], as_json=False)
    assert "1" * 64 + "  " + "2" * 64 in capsys.readouterr().out


def test_nothing_is_shown_as_nothing() -> None:
    """None is an empty cell, a time ends with its seconds."""
    assert plain(None) == ""
    assert plain(("CT", "MR")) == "CT, MR"
    assert plain(datetime(2026, 1, 1, 1, 2, 3, 456, UTC)) == "2026-01-01 01:02:03+00:00"
