"""tests.judging.letters: a letter of its own or a digest, one of them and once."""

from pathlib import Path
from typing import Any

import pytest

from tests.judging import letters
from tests.judging.doors import Doors
from tests.judging.dropped import Dropped, Kind
from tests.judging.letters import Message

DOORS = Doors("https://p.example", "key", {}, frozenset({"r"}))  # the record is claimed
TO = "jan@patients.example"
SITES = {"north": {"title": "North Hospital"}}
ROSTER = """{"entry": [{"resource": {"identifier": [{"value": "4711"}],
    "communication": [{"language": {"coding": [{"code": "en"}]}}],
    "telecom": [{"system": "email", "value": "jan@patients.example"}]}}]}"""


class Edges:
    """What the database says."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        """Say `rows`, whatever is asked."""
        self._rows = rows

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return them."""
        assert "notify.digested" in query
        return list(self._rows)


def study(uid: str, reference: str = "DGST-00") -> dict[str, Any]:
    whose = {"site": "north", "issuer": "", "patient_id": "4711", "record": "r"}
    return {**whose, "study_uid": uid, "reference": reference, "state": "sent", "attempts": 1}


def found(edges: Edges, tmp_path: Path, *messages: Message) -> list[str]:
    path = tmp_path / "roster.json"
    path.write_text(ROSTER)
    roster = Dropped("north", path, "0" * 64, Kind.ROSTER)
    return list(letters.told(edges, [roster], SITES, messages, DOORS))  # type: ignore[arg-type]  # all it asks


def said(reference: str = "DGST-00", number: str = "1") -> Message:
    return Message(
        TO, f"North Hospital has images for you: {reference} https://p.example/scans", number
    )


def test_one_digest_tells_of_many_studies(tmp_path: Path) -> None:
    """Each of them counts as told, beside one that has its own letter."""
    edges = Edges(study("1.1"), study("1.2"), study("1.3", "7F3K-92"))
    assert found(edges, tmp_path, said(), said("7F3K-92", "2")) == []


@pytest.mark.parametrize(
    ("messages", "finding"),
    [
        ((), "letter: north/1.1 is sent, 0 came"),
        ((said(), said(number="2")), "letter: north/1.1 was told 2 times in 1 attempts"),
    ],
)
def test_a_digest_that_is_missing_or_doubled_is_found(
    tmp_path: Path, messages: tuple[Message, ...], finding: str
) -> None:
    """By every study in it."""
    assert found(Edges(study("1.1")), tmp_path, *messages) == [finding]


def test_a_study_in_two_letters_is_found(tmp_path: Path) -> None:
    """Each of them would be right by itself."""
    edges = Edges(study("1.1"), study("1.1", "7F3K-92"))
    findings = found(edges, tmp_path, said(), said("7F3K-92", "2"))
    assert findings == ["letter: north/1.1 is in two letters"]
