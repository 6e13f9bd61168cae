"""`python -m tests.chaos.matrix`: each row of the fault matrix, alone, under a small load.

A row drops its load, makes its faults while that is in flight, and the judge must be content with
all that was ever dropped. The last line is JSON; the exit code is 1 where a row is red. `--only
TEXT` tries the rows whose name has it. What is not here has its place in docs/reliability.md.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local.waiting import NotUp, until
from tests.chaos import broker, load, portal
from tests.chaos.crashpoints import POISON, judged, poison
from tests.chaos.faults import AWAY, SERVICES, TRIES, Fault, Ring, persist
from tests.chaos.ring import ring
from tests.chaos.small import filled, small
from tests.chaos.standing import Standing

LOCAL = Path(__file__).parents[2] / ".local"
ROOT, ON_SMALL = LOCAL / "matrix", LOCAL / "matrix-full"
SEED = 3
AWAY_FOR = 20.0  # seconds
REACHED_BY = {
    "broker": (*SERVICES, "portal"),
    "s3": ("ingest", "transcode", "index", "portal"),
    "database": ("ingest", "index", "notify", "portal"),
}
SMALL = {"s3": 256, "database": 640}  # MiB of the file systems that are filled


def faults(*several: Fault) -> Callable[[Ring, int], None]:
    """Return a row that makes these, one after the other."""

    def row(made: Ring, _number: int) -> None:
        for each in several:
            each.make(made)

    return row


def away(server: str) -> Callable[[Ring, int], None]:
    """Return a row in which no service reaches a server; nothing may become a dead letter."""

    def row(made: Ring, _number: int) -> None:
        wires = [made.wire[service, server] for service in REACHED_BY[server]]
        for wire in wires:
            wire.refusing = True
            made.wires.reset(wire)
        time.sleep(AWAY_FOR)
        for wire in wires:
            wire.refusing = False

    return row


def mail_away(made: Ring, _number: int) -> None:
    """Let no mail server listen."""
    made.stage.post.smtp.stop()
    time.sleep(AWAY_FOR)
    made.stage.post.smtp.start()


def poisoned(made: Ring, number: int) -> None:
    """Put a message that nobody can handle among the others of every queue."""
    for queue in ("ingest.decisions", "transcode.instances", "index.instances", "notify.events"):
        poison(made.stage, number, queue)
    discard(made.stage, number, 4)


def without_dead_letters(made: Ring, number: int) -> None:
    """Delete the exchange of the dead letters, and have one made: it waits until there is one."""
    persist(lambda: broker.asked(made.stage, "DELETE", "/api/exchanges/%2f/scanpass.dead"))
    poison(made.stage, number, "transcode.instances")
    time.sleep(made.some(2, 3))
    persist(lambda: made.stage.scanpass("topology", "apply"))
    discard(made.stage, number, 1)


def discard(stage: Standing, number: int, letters: int) -> None:
    """Throw the poison away, once it lies where it should."""

    def there() -> bool:
        listed = stage.scanpass.asked("dead", "list")["dead_letters"]
        return bool(sum(each["id"] == POISON.format(number) for each in listed) >= letters)

    until(there, TRIES, "there is no dead letter")
    stage.scanpass("dead", "discard", POISON.format(number), "--yes")


def hints_lost(made: Ring, _number: int) -> None:
    """Take all hints back: what is dropped in this row is found by the sweep alone."""
    time.sleep(AWAY_FOR / 2)
    made.wire["store", "ingest"].refusing = False


def terminated(made: Ring, _number: int) -> None:
    """End every session of the services, as an administrator may."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> 'scanpass'"
    for _ in range(4):
        persist(lambda: made.stage.rows(query))
        time.sleep(0.5)


def outcome_unknown(made: Ring, _number: int) -> None:
    """Cut the ways to the database, over and over: some commit is always under way."""
    for _ in range(12):
        for service in REACHED_BY["database"]:
            made.wire[service, "database"].cut_after = made.random.randint(1, 4000)
        time.sleep(0.4)


def full(folder: str) -> Callable[[Ring, int], None]:
    """Return a row in which a server's disk is full for a while."""

    def row(made: Ring, _number: int) -> None:
        filled(made, folder, AWAY_FOR)

    return row


ROWS: Mapping[str, Callable[[Ring, int], None]] = {
    "any service: poison message": poisoned,
    "any service: hangs": faults(*(Fault("freeze", (name,)) for name in SERVICES)),
    "RabbitMQ: node killed": faults(Fault("kill", ("broker",))),
    "RabbitMQ: node frozen": faults(Fault("freeze", ("broker",))),
    "RabbitMQ: partitioned": away("broker"),
    "RabbitMQ: memory alarm": faults(Fault("alarm", ("memory",))),
    "RabbitMQ: disk alarm": faults(Fault("alarm", ("disk",))),
    "RabbitMQ: binding deleted under load": faults(Fault("unbind", ("index.instances",))),
    "RabbitMQ: dead-letter exchange deleted": without_dead_letters,
    "RabbitMQ: full queue deleted, transcode": faults(
        Fault("delete-queue", ("transcode.instances",))
    ),
    "RabbitMQ: full queue deleted, notify": faults(Fault("delete-queue", ("notify.events",))),
    "object store: killed": faults(Fault("kill", ("s3",))),
    "object store: frozen": faults(Fault("freeze", ("s3",))),
    "object store: slow": faults(*(Fault("slow", (name, "s3")) for name in REACHED_BY["s3"])),
    "object store: a byte flipped": faults(Fault("flip")),
    "object store: away": away("s3"),
    "drop events: all lost": hints_lost,
    "drop events: ten times, shuffled": faults(Fault("hints-tenfold")),
    "PostgreSQL: sessions ended": terminated,
    "PostgreSQL: postmaster killed": faults(Fault("kill", ("database",))),
    "PostgreSQL: commit outcome unknown": outcome_unknown,
    "PostgreSQL: slow": faults(
        *(Fault("slow", (name, "database")) for name in ("ingest", "index"))
    ),
    "PostgreSQL: away": away("database"),
    "mail server: away": mail_away,
    "notify: killed between sending and committing": faults(
        Fault("kill-between", ("notify", "notify.letter.sent"))
    ),
    "portal: killed in a download": portal.killed,
    "portal: slow reader": portal.slow_reader,
    "portal: database away": portal.database_away,
    "everything: all killed at once": faults(Fault("everybody")),
}
# These have servers of their own, on small file systems; so they need the right to mount.
FULL: Mapping[str, Callable[[Ring, int], None]] = {
    "object store: full": full("s3"),
    "PostgreSQL: full": full("database"),
}


def tried(made: Ring, number: int, name: str) -> str:
    """Try one row; return what was wrong, or ""."""
    stage = made.stage
    mine = load.round_of(number, decision=False, postponed=False)
    if name.startswith("portal: "):
        load.with_large(mine, number)
    mine.lay_out(stage.data)
    stage.post.answers.update(dict.fromkeys(mine.refused, 550))
    if name == "drop events: all lost":
        made.wire["store", "ingest"].refusing = True
    stage.dropped += mine.instances
    stage.drop(mine.wave(f"{number:03d}-round"))
    try:
        {**ROWS, **FULL}[name](made, number)
        stage.services.wait(TRIES)
    except (NotUp, portal.Wrong, *AWAY) as error:
        return f"{type(error).__name__}: {error}"
    return judged(stage, None)


def main() -> int:
    """Try the rows, print a table and a last line of JSON, and return the exit code."""
    parser = ArgumentParser("python -m tests.chaos.matrix", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    only = parser.parse_args().only
    began = time.monotonic()
    results = ring_of(ROOT, [name for name in ROWS if only in name])
    try:
        if wanted := [name for name in FULL if only in name]:
            with small(ON_SMALL, SMALL):
                results |= ring_of(ON_SMALL, wanted)
    except PermissionError as why:
        sys.stdout.write(f"not had here, for it {why}: {', '.join(wanted)}\n")
    green = sum(not wrong for wrong in results.values())
    result = {"rows": len(results), "green": green, "seconds": round(time.monotonic() - began, 1)}
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if green == len(results) else 1


def ring_of(root: Path, wanted: Sequence[str]) -> dict[str, str]:
    """Try these rows on servers under `root`; return what was wrong with each, or ""."""
    results: dict[str, str] = {}
    if not wanted:
        return results
    with ring(root, SEED) as made:
        for number, name in enumerate(wanted, 1):
            since = time.monotonic()
            results[name] = tried(made, number, name)
            took = time.monotonic() - since
            sys.stdout.write(f"{name:<48}{took:6.1f} s  {results[name] or 'green'}\n")
            sys.stdout.flush()
    return results


if __name__ == "__main__":
    sys.exit(main())
