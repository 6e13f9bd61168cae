"""What is compared, read by plain SQL and from the mailbox: nothing of the product is imported."""

from collections import Counter
from pathlib import Path
from typing import TypeAlias

import psycopg

# Without when index did its work; everything else must be the same to the last character.
LEFT_OUT = {
    "content": ["filed_at", "conflict_told"],
    "settlement": ["settled_at"],
    "series": [],
    "study": ["first_seen", "last_seen", "waiting_since", "changes", "due_at"],
    "record": ["created_at"],
    "roster_entry": [],
    "roster": ["filed_at"],
    "declaration": ["filed_at"],
}
# What people hold in their hands: it must be the same although the catalogue is new.
HELD = "SELECT (reference, record, revision, released_at)::text FROM catalogue.study"
PLANTS = {
    "receipt": "DELETE FROM ingest.receipt WHERE sha256 = (SELECT min(sha256) FROM ingest.receipt"
    " WHERE kind = 'instance')",
    "row": "UPDATE catalogue.study SET description = 'planted' WHERE (site, study_uid)"
    " = (SELECT site, min(study_uid) FROM catalogue.study GROUP BY site ORDER BY site LIMIT 1)",
    # Both memories of one letter.
    "letter": "WITH lost AS (DELETE FROM notify.delivery WHERE delivery = (SELECT delivery"
    " FROM notify.delivery WHERE state = 'sent' ORDER BY 1 LIMIT 1) RETURNING site, study_uid)"
    " DELETE FROM told.study USING lost"
    " WHERE (told.study.site, told.study.study_uid) = (lost.site, lost.study_uid)",
}
Rows: TypeAlias = dict[str, Counter[str]]


def rows(url: str) -> Rows:
    """Return the rows of each table as text, with how often each is there."""
    found: Rows = {}
    with psycopg.connect(url) as connection:
        for table, names in LEFT_OUT.items():
            query = f"SELECT (to_jsonb(t) - %s::text[])::text FROM catalogue.{table} AS t"  # noqa: S608  our own names
            found[table] = Counter(row[0] for row in connection.execute(query.encode(), (names,)))
        found["held"] = Counter(row[0] for row in connection.execute(HELD))
    return found


def differing(before: Rows, after: Rows) -> dict[str, int]:
    """Return how many rows differ, by table."""
    return {
        table: max((before[table] - after[table]).total(), (after[table] - before[table]).total())
        for table in before
    }


def letters(mailbox: Path) -> int:
    """Return how many letters and text messages came out."""
    texts = mailbox / "messages.jsonl"
    lines = texts.read_text().splitlines() if texts.exists() else []
    return len(list((mailbox / "mail").glob("*.eml"))) + len(lines)


def plant(url: str, name: str) -> None:
    """Build in one fault.

    Raises:
        RuntimeError: there was nothing to build it into.

    """
    with psycopg.connect(url) as connection:
        if not connection.execute(PLANTS[name].encode()).rowcount:
            msg = f"{name} could not be planted"
            raise RuntimeError(msg)
