"""ops.mending: one line says what is wrong with an edge, and how to mend it."""

import pytest

from services.ops.ends import Unreachable
from services.ops.mending import ADDRESS, WRONG, mend, place

URL = "postgresql://ops:hush@db.example:5432,db2.example:5432/scanpass?sslmode=require"


@pytest.mark.parametrize("edge", ADDRESS)
@pytest.mark.parametrize("code", [*WRONG, "never-heard-of"])
def test_every_fault_of_every_edge_is_one_line_that_names_a_variable_or_an_act(
    edge: str, code: str
) -> None:
    """No placeholder is left, and the reader knows where to begin."""
    said = mend(edge, code, "host:1")
    assert "\n" not in said
    assert "{" not in said
    assert said.startswith("the ")


def test_wrong_password_missing_server_and_wrong_host_are_told_apart() -> None:
    """They are mended in different places."""
    told = {mend("s3", code, "h:1") for code in ("wrong-password", "nobody-listens")}
    told.add(mend("s3", "unknown-host", "h:1"))
    assert len(told) == 3
    assert "SCANPASS_S3_SECRET_KEY" in mend("s3", "wrong-password", "h:1")
    assert "SCANPASS_S3_ENDPOINT" in mend("s3", "nobody-listens", "h:1")


def test_a_place_bears_no_password() -> None:
    """What is printed is host and port of every host."""
    assert place(URL) == "db.example:5432,db2.example:5432"
    assert place("not a url") == ""
    assert place("http://[broken") == ""


def test_an_unreachable_edge_says_its_sentence() -> None:
    """The error carries codes; the words are made when they are printed."""
    error = Unreachable("database", "wrong-password", "db:5432")
    assert error.sentence == (
        "the database is down: db:5432 refuses this user and password"
        " - correct SCANPASS_DATABASE_URL"
    )
