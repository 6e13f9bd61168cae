"""`make bench-access`: what a decision, an entry of the access log, and its proof cost.

A person has given a thousand grants; a guest of one of them asks. An entry is written and
committed beside a bare row. A log of a million entries is verified. Last line: JSON, also kept
in `access.jsonl`.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

from benchmarks.kept import keep
from deploy.local import Servers
from services.ops import audit
from services.portal import logbook
from services.portal.facts import Credential, asked
from services.portal.logbook import Note
from services.portal.sharing.known import Known
from shared.access import Action, may
from shared.access.chain import BEFORE_ALL, Head, Link, sealed
from shared.db import Connection, Database
from tests.received.files import ct_slice
from tests.received.people import People
from tests.received.studies import Received

ROOT = Path(__file__).parents[1] / ".local" / "bench-access"
KEPT = Path(__file__).with_name("access.jsonl")
SITE, STUDY = "bench", "1.2.3"
GRANTS, ASKED, COMMITS, RECORDS = 1000, 5000, 2000, 1000
BORN = datetime(2026, 1, 1, tzinfo=UTC)
COPY = f"COPY access.entry ({', '.join(audit.COLUMNS)}) FROM STDIN"


def milliseconds(act: Callable[[], object]) -> float:
    """Return how long `act` takes."""
    began = perf_counter()
    act()
    return 1000 * (perf_counter() - began)


def at(times: list[float], part: float) -> float:
    """Return the time that this part of them stays within."""
    return round(sorted(times)[ceil(part * len(times)) - 1], 3)


def given(received: Received) -> Credential:
    """Receive a study, and give it a thousand times; return what the guest of the last one has."""
    people = People(received)
    received.site(SITE)
    received.receive(SITE, [ct_slice(STUDY, f"{STUDY}.1", 1, "P-1")])
    person = people.person()
    people.claim(person, people.record(SITE, "P-1"), SITE)
    states = ("", "", "withdrawn", "over")
    for number in range(GRANTS - 1):
        people.grant(person, [(SITE, STUDY)], keep=False, how=states[number % len(states)])
    secret, _ = people.guest(people.grant(person, [(SITE, STUDY)], keep=False), person)
    received.run("ANALYZE")
    return Credential(viewing=sha256(secret.encode()).digest())


def decisions(database: Database, brought: Credential) -> dict[str, float]:
    """Return how long it takes to ask the database and decide; and to decide among a thousand."""
    known, times = Known(0), []
    with database.transaction() as connection:

        def decide() -> None:
            reader, facts = asked(connection, brought, SITE, STUDY, known)
            if not may(reader, Action.LOOK, facts).allowed:
                raise LookupError(STUDY)

        times = [milliseconds(decide) for _ in range(ASKED)]
        reader, facts = asked(connection, brought, SITE, STUDY, known)
    (grant,) = facts.grants
    over = replace(grant, ends=grant.starts)
    many = replace(facts, grants=(*(over,) * (GRANTS - 1), grant))
    pure = [milliseconds(lambda: may(reader, Action.LOOK, many)) for _ in range(ASKED)]
    return {
        "grants": GRANTS,
        "may_p50_ms": at(times, 0.5),
        "may_p99_ms": at(times, 0.99),
        "may_alone_p99_ms": at(pure, 0.99),
    }


def commits(database: Database, owner: Database) -> dict[str, float]:
    """Return what an entry with its message costs, in turns with a bare row."""
    with owner.transaction() as connection:
        connection.execute("CREATE TABLE public.bare (n int, text text)")
        connection.execute("GRANT INSERT ON public.bare TO scanpass_portal")
    record = uuid4()
    note = Note(record, "patient", uuid4(), uuid4(), "look", "own", STUDY, STUDY)

    def entry() -> None:
        with database.transaction() as connection:
            logbook.append(connection, note, "look-opened", 0)

    def bare() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO public.bare VALUES (1, %s)", (STUDY * 20,))

    entries, rows = [], []
    for _ in range(COMMITS):
        rows.append(milliseconds(bare))
        entries.append(milliseconds(entry))
    return {
        "bare_commit_ms": round(median(rows), 3),
        "append_ms": round(median(entries), 3),
        "append_ratio": round(median(entries) / median(rows), 2),
    }


def chain(record: UUID, length: int, end: list[tuple[UUID, Head]]) -> Iterator[Link]:
    """Yield a record's log, sealed as the database would; put where it ends into `end`."""
    previous = BEFORE_ALL
    for seq in range(1, length + 1):
        when = BORN + timedelta(seconds=seq)
        link = Link(
            *(record, seq, when, "patient", record, record, "look-opened", "own"),
            *(STUDY, f"{STUDY}.{seq}", 0, previous, b""),
        )
        previous = sealed(link)
        yield replace(link, hash=previous)
    end.append((record, (length, previous)))


def filled(owner: Database, entries: int) -> None:
    """Write a log of so many entries, of a thousand records, each by a statement of its own."""
    for _ in range(RECORDS):
        ends: list[tuple[UUID, Head]] = []
        with owner.transaction() as connection, connection.cursor() as cursor:
            with cursor.copy(COPY) as copy:
                for link in chain(uuid4(), entries // RECORDS, ends):
                    copy.write_row(astuple(link))
            for record, (seq, head) in ends:
                cursor.execute("INSERT INTO access.chain VALUES (%s, %s, %s)", (record, seq, head))
    with owner.transaction() as connection:
        connection.execute("ANALYZE access.entry")


def verified(owner: Database, entries: int) -> dict[str, float]:
    """Return how long it takes to verify a log of so many entries; and what is wrong with it."""
    filled(owner, entries)

    def faults(connection: Connection) -> int:
        return sum(1 for _ in audit.examined(connection, {}))

    with owner.transaction() as connection:
        began = perf_counter()
        wrong = faults(connection)
        seconds = perf_counter() - began
    return {"entries": entries, "faults": wrong, "verify_s": round(seconds, 1)}


def said(numbers: dict[str, float]) -> dict[str, float]:
    """Print what is known so far, and return it."""
    sys.stdout.write(json.dumps(numbers) + "\n")
    sys.stdout.flush()
    return numbers


def main() -> int:
    """Measure, print the numbers as the last line, and keep them."""
    parser = ArgumentParser("python -m benchmarks.access", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    asked_for = parser.parse_args()
    servers = Servers(ROOT)
    try:
        with servers:
            received = Received.on(servers.environment)
            database = Database(servers.environment("portal")["SCANPASS_DATABASE_URL"])
            numbers = said(decisions(database, given(received)))
            numbers |= said(commits(database, received.owner))
            numbers |= verified(received.owner, asked_for.entries)
            database.close()
            received.close()
    finally:
        servers.remove()
    keep(KEPT, numbers)
    sys.stdout.write(json.dumps(numbers) + "\n")
    return 1 if numbers["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
