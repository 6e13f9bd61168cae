"""`scanpass pause` and `resume`: what is held by hand is shown, and stands written for good."""

import pytest

from shared.db import Database
from tests.integration.ops.conftest import Scanpass


def test_a_site_is_held_shown_and_let_go(scanpass: Scanpass, site: str, database: Database) -> None:
    """Who did what, when and why stays written after it is over."""
    done = scanpass("pause", "site", site, "--why", "wrong patients", "--as", "kim", "--json")
    assert done.code == 0, done.err
    assert done.json["brake"] == f"site/{site}"
    again = scanpass("pause", "site", site)
    assert (again.code, again.err) == (1, f"site/{site} is held already.\n")
    shown = scanpass("status").out
    assert f"by kim, site/{site}: wrong patients." in shown

    assert scanpass("resume", "site", site, "--as", "lee").code == 0
    assert scanpass("resume", "site", site).code == 1
    assert f"site/{site}:" not in scanpass("status").out
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT pulled, actor, reason FROM sites.brake WHERE brake = %s ORDER BY number",
            (f"site/{site}",),
        ).fetchall()
    assert [(row["pulled"], row["actor"], row["reason"]) for row in rows] == [
        (True, "kim", "wrong patients"),
        (False, "lee", ""),
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("site",), 2),
        (("letters", "north"), 2),
        (("everything",), 2),
        (("site", "nobody-knows"), 1),
        (("letters", "--as", "Not A Code"), 2),
    ],
)
def test_a_wrong_word_holds_nothing(scanpass: Scanpass, words: tuple[str, ...], code: int) -> None:
    """One sentence, and the exit code of its kind."""
    done = scanpass("pause", *words)
    assert (done.code, done.err.count("\n")) == (code, 1)
    assert scanpass("status", "--json").json["held"] == []
