"""`make tamper`: edits, deletions, inserts, reorders, forgeries, cuts: each must be found.

A real PostgreSQL holds logs of every kind of entry. Someone with all rights changes them, triggers
off; `scanpass audit verify`'s own code then says what is wrong, and the change is rolled back. In
between come entries that are right, which must raise no alarm. Last line: JSON.
"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from deploy.local import Servers
from services.ops import audit
from shared.access import chain
from tests.tamper.changes import CHANGES, Connection, Victim

ROOT = Path(__file__).parents[2]
RECORDS, ENTRIES = 12, 30
KINDS = [
    ("patient", "look-opened", "own"),
    ("patient", "look-closed", "own"),
    ("helper", "look-opened", "helper"),
    ("stranger", "refused", "not-yours"),
    ("patient", "keep-opened", "own"),
    ("service", "claimed", "code-and-birth-date"),
]
ONE_IN = 10  # changes there comes one that is right
APPEND = "SELECT * FROM access.append(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
PLANTS = {
    "blind-seal": ("sealed", lambda link: link.hash),
    "blind-anchors": ("max", lambda *_, **__: 0),
}


def main() -> int:
    """Change, ask, roll back; return 0 where nothing was missed and no alarm was false."""
    parser = ArgumentParser("python -m tests.tamper", description=__doc__)
    parser.add_argument("--changes", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", choices=PLANTS)
    asked = parser.parse_args()
    if asked.plant:
        name, blind = PLANTS[asked.plant]
        setattr(chain, name, blind)
    servers = Servers(ROOT / ".local" / "tamper")
    try:
        with servers:
            url = servers.environment("owner")["SCANPASS_DATABASE_URL"]
            with psycopg.connect(url, row_factory=dict_row) as connection:
                numbers = tampered(connection, Random(asked.seed), asked.changes)  # noqa: S311
    finally:
        servers.remove()
    sys.stdout.write(json.dumps(numbers) + "\n")
    return 1 if numbers["missed"] or numbers["false_alarms"] else 0


def tampered(connection: Connection, chance: Random, changes: int) -> dict[str, int]:
    """Return how many changes were made, and how many of them were missed."""
    victims = [filled(connection, chance) for _ in range(RECORDS)]
    connection.commit()
    anchors = {
        each.record: [(row["seq"], bytes(row["hash"])) for row in each.entries[4::5]]
        for each in victims
    }
    missed: Counter[str] = Counter()
    false = 0
    names = list(CHANGES)
    for number in range(changes):
        name, victim = names[number % len(names)], chance.choice(victims)
        connection.execute("SET LOCAL session_replication_role = replica")
        CHANGES[name](connection, victim, chance)
        found = {fault.record for fault in audit.examined(connection, anchors)}
        missed[name] += victim.record not in found
        false += bool(found - {victim.record})
        connection.rollback()
        if number % ONE_IN == 0:
            append(connection, chance.choice(victims).record, chance)
            false += bool(list(audit.examined(connection, anchors)))
            connection.rollback()
    for name, count in sorted(missed.items()):
        if count:
            sys.stdout.write(f"missed {count}: {name}\n")
    return {"changes": changes, "missed": missed.total(), "false_alarms": false}


def filled(connection: Connection, chance: Random) -> Victim:
    """Return a record with a log of every kind of entry."""
    record = uuid4()
    entries = [append(connection, record, chance) for _ in range(ENTRIES)]
    return Victim(record, entries)


def append(connection: Connection, record: UUID, chance: Random) -> dict[str, Any]:
    """Write one entry by the only way in."""
    kind, action, because = chance.choice(KINDS)
    session = uuid4() if chance.random() < 0.8 else None
    study = f"1.2.{chance.randrange(9)}" if chance.random() < 0.8 else None
    told = (record, kind, uuid4(), session, action, because, study, study, chance.randrange(300))
    (row,) = connection.execute(APPEND, told).fetchall()
    return row


if __name__ == "__main__":
    sys.exit(main())
