"""What others may rely on in index's schema: the views, their columns, and who reads what."""

from collections.abc import Callable

import pytest

from shared.db import Database, Refused, sql

VIEWS = {
    "filed": ("site", "sha256", "study_uid"),
    "contact": ("record", "site", "name", "email", "phone", "language", "birth_date"),
}


def ask(environment: Callable[[str], dict[str, str]], role: str, relation: str) -> tuple[str, ...]:
    """Return the columns that `role` sees of a relation of the catalogue."""
    database = Database(environment(role)["SCANPASS_DATABASE_URL"])
    query = sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier("catalogue", relation))
    try:
        with database.transaction() as connection:
            description = connection.execute(query).description or ()
            return tuple(column.name for column in description)
    finally:
        database.close()


@pytest.mark.parametrize(("role", "view"), [("ingest", "filed"), ("notify", "contact")])
def test_a_view_keeps_its_columns(
    environment: Callable[[str], dict[str, str]], role: str, view: str
) -> None:
    """Whoever it is for can read it as it was promised."""
    assert ask(environment, role, view) == VIEWS[view]


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        ("ingest", "contact"),
        ("ingest", "content"),
        ("notify", "record"),
        ("notify", "roster_entry"),
        ("notify", "study"),
    ],
)
def test_nobody_reads_more_than_is_theirs(
    environment: Callable[[str], dict[str, str]], role: str, relation: str
) -> None:
    """Permission is denied by the database, not by our good manners."""
    with pytest.raises(Refused) as refused:
        ask(environment, role, relation)
    assert refused.value.sqlstate == "42501"
