"""ops.returning: whose bytes an object in a bucket holds is read from its key."""

import pytest

from services.ops.backup import variables
from services.ops.returning import digest

SHA, DROP = "ab" * 32, "cd" * 32


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (f"north/1.2/1.2.3/1.2.3.4/{SHA}.dcm", SHA),
        (f"north/rosters/{SHA}", SHA),
        (f"north/archives/{SHA}.zip", SHA),
        (f"north/{SHA}/{DROP}.bin", SHA),  # in quarantine the drop key's digest comes second
        (f"north/{SHA}/{DROP}.json", None),
        ("north/something/else", None),
    ],
)
def test_the_digest_of_the_content_is_in_the_key(key: str, found: str | None) -> None:
    """What lies beside an object, and what is none of ours, has none."""
    assert digest(key) == found


def test_a_password_never_stands_among_the_words() -> None:
    """PostgreSQL's programs get it by their environment, decoded."""
    told = variables("postgresql://us%40er:pa%2Fss@host:5433/name?sslmode=disable")
    assert told == {
        "PGHOST": "host",
        "PGPORT": "5433",
        "PGUSER": "us@er",
        "PGPASSWORD": "pa/ss",
        "PGDATABASE": "name",
        "PGSSLMODE": "disable",
    }
