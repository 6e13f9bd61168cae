"""portal.anchors and `scanpass audit verify`: a log that was changed is found, also at its end."""

import json
from collections.abc import Callable
from random import Random

import psycopg
import pytest
from psycopg.rows import dict_row

from services.ops import audit
from services.ops.__main__ import run
from services.portal.anchors import anchor
from services.portal.edges import Edges
from services.portal.settings import Settings
from tests.integration.portal.conftest import Hand
from tests.tamper.__main__ import RECORDS, tampered


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    """Run the command, and return its exit code and what it said."""
    code = run(["audit", "verify", "--json"])
    said = capsys.readouterr()
    assert said.out, said.err
    found: dict[str, object] = json.loads(said.out)
    return code, found


@pytest.fixture
def ops(
    environment: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    """Let the operator's environment stand, after portal's was read."""
    assert settings.portal_url
    for name, value in environment("ops").items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("ops")
def test_a_tail_that_was_cut_well_is_found_by_the_ledger(
    edges: Edges, hand: Hand, capsys: pytest.CaptureFixture[str]
) -> None:
    """Head and all: the database agrees with itself, and the bucket knows better."""
    record = hand.record(hand.person())
    append = "SELECT * FROM access.append(%s, 'patient', NULL, NULL, 'x', 'own', NULL, NULL, 0)"
    first = hand.one(append, record)
    hand.one(append, record)
    while anchor(edges.database, edges.storage):
        pass
    code, said = verified(capsys)
    assert (code, said["faults"]) == (0, [])
    hand.owner.execute("SET session_replication_role = replica")  # no trigger stands in the way
    hand.owner.execute("DELETE FROM access.entry WHERE record = %s AND seq = 2", (record,))
    hand.owner.execute(
        "UPDATE access.chain SET seq = 1, head = %s WHERE record = %s", (first["hash"], record)
    )
    code, said = verified(capsys)
    assert code == 1
    assert said["faults"] == [{"record": str(record), "seq": 2, "wrong": "cut"}]
    hand.owner.execute("DELETE FROM access.entry WHERE record = %s", (record,))
    hand.owner.execute("DELETE FROM access.chain WHERE record = %s", (record,))
    assert verified(capsys)[0] == 1


def test_what_is_anchored_is_not_anchored_again(edges: Edges, hand: Hand) -> None:
    """One object a round, and none where nothing has grown."""
    hand.one(
        "SELECT * FROM access.append(%s, 'patient', NULL, NULL, 'x', 'own', NULL, NULL, 0)",
        hand.record(hand.person()),
    )
    while anchor(edges.database, edges.storage):
        pass
    assert not anchor(edges.database, edges.storage)
    assert hand.all("SELECT FROM access.chain WHERE anchored < seq") == []


def test_a_sample_of_tampering_is_found(environment: Callable[[str], dict[str, str]]) -> None:
    """Each kind of change once; `make tamper` makes 1,200."""
    url = environment("owner")["SCANPASS_DATABASE_URL"]
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("TRUNCATE access.entry, access.chain")
        connection.commit()
        numbers = tampered(connection, Random(7), 20)  # noqa: S311  a seed, no secret
        assert numbers == {"changes": 20, "missed": 0, "false_alarms": 0}
        heads = connection.execute(audit.HEADS).fetchall()
        assert len(heads) == RECORDS
