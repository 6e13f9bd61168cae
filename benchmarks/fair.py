"""Measure fairness between hospitals: `make bench-fair`, or `python -m benchmarks.fair`.

One site drops live studies, one every few seconds, and each is timed from the end of its drop
until its letter lies in the mailbox: first while nobody else drops, then while another site has
an old archive waiting in the backfill lane. The archive is dropped while ingest is down: dropping
is the hospital's work, on its machines. What still waits when the last letter has come is taken
out of the drop again, so that a run ends; of what came through, each person must have one digest.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import small
from benchmarks.kept import keep
from benchmarks.meter import Others
from benchmarks.outcome import Catalogue
from deploy.local import Servers, Services
from deploy.local.post import Ports, Post
from deploy.local.post.mailbox import Mailbox
from shared.storage.s3 import S3

LOCAL = Path(".local/bench-fair")
RESULTS = Path(__file__).with_name("fair.jsonl")
LIVE, OLD, WARM = "live", "old", "warm"  # sites
QUIET = 3.0  # seconds until a study counts as complete, as in the demo
DIGEST_QUIET = 60  # seconds
EACH = 20  # studies of a person in the archive
EVERY = 3.0  # seconds between two live drops
PATIENCE = 900.0  # seconds in which a letter must come, and the rest must settle
THREADS = 8
RATIO = 2.0  # the goal: less
OTHERS = ("transcode", "index", "notify")

WAITING = "SELECT coalesce(sum(pending), 0) FROM ingest.watermark WHERE site = %s"
FILED = "SELECT count(*) FROM catalogue.content WHERE site = %s"
KNOWN = "SELECT count(*) FROM catalogue.roster WHERE site = %s"
TOLD = """
    SELECT count(*), count(DISTINCT record) FROM catalogue.study
    WHERE site = %s AND released_at IS NOT NULL
"""
# Where the time of the newest live studies went: the middle of each step, in seconds.
STEPS = """
    SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY received - dropped) AS taken_in,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY settled - received) AS settled,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY available - settled) AS available,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY sent - available) AS sent
    FROM (
        SELECT extract(epoch FROM max(dropped_at))::float8 AS dropped,
            extract(epoch FROM max(r.received_at))::float8 AS received,
            extract(epoch FROM max(greatest(content.filed_at, settled_at)))::float8 AS settled,
            extract(epoch FROM max(available_at))::float8 AS available,
            extract(epoch FROM max(sent_at))::float8 AS sent
        FROM ingest.receipt AS r JOIN catalogue.content USING (site, sop_uid, sha256)
        JOIN catalogue.settlement USING (site, sop_uid, sha256)
        JOIN catalogue.study ON (study.site, study.study_uid) = (r.site, r.study_uid)
        JOIN notify.delivery ON (delivery.site, delivery.study_uid) = (r.site, r.study_uid)
        WHERE r.site = %s GROUP BY r.study_uid ORDER BY max(r.received_at) DESC LIMIT %s
    ) AS life
"""
UNDONE = """
    SELECT (SELECT count(*) FROM ingest.receipt AS r
        LEFT JOIN catalogue.study USING (site, study_uid)
        WHERE r.site = %(site)s AND r.kind = 'instance' AND released_at IS NULL)
    + (SELECT count(*) FROM catalogue.study WHERE site = %(site)s AND due_at IS NOT NULL)
    + (SELECT count(*) FROM catalogue.outbox WHERE sent_at IS NULL)
    + (SELECT count(*) FROM notify.delivery WHERE site = %(site)s AND state <> 'sent')
    + (SELECT count(*) FROM catalogue.study LEFT JOIN notify.digested USING (site, study_uid)
        WHERE site = %(site)s AND delivery IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """To whom, about what, and when it came, in seconds since 1970."""

    to: str
    about: str
    at: float


@dataclass(frozen=True)
class Bench:
    """The servers under test, the mailbox, and how the benchmark itself gets at them."""

    servers: Servers
    storage: S3
    mailbox: Mailbox
    database: psycopg.Connection[tuple[Any, ...]]
    known: dict[str, Letter] = field(default_factory=dict)  # by the name of its file

    def number(self, query: str, site: str) -> int:
        """Return the first number that `query` gives for `site`."""
        row = self.database.execute(
            query.encode(), {"site": site} if "(site)" in query else (site,)
        )
        return int((row.fetchone() or (0,))[0])

    def letters(self) -> Iterable[Letter]:
        """Return every letter that has come; each is read once."""
        for name in set(self.mailbox.names()) - set(self.known):
            came = self.mailbox.letter(name)
            to, about = str(came.mail["Delivered-To"]), str(came.mail["Subject"])
            self.known[name] = Letter(to, about, came.at.timestamp())
        return self.known.values()


def main() -> int:
    """Measure, print the JSON line, and say whether the goal is reached."""
    parser = ArgumentParser("python -m benchmarks.fair", description=__doc__)
    parser.add_argument("--studies", type=int, default=20_000, help="in the archive")
    parser.add_argument("--live", type=int, default=40, help="studies dropped live, each time")
    asked = parser.parse_args()
    others = Others()
    with bench() as made:
        result, told = measure(made, asked.studies, asked.live)
    kept = {"studies": asked.studies, **told, "others_busy": round(others.share(), 2)}
    keep(RESULTS, result | kept)
    say(json.dumps(kept))
    say(json.dumps(result))
    fair = float(result["ratio"]) < RATIO
    return 0 if fair and result["digests"] == told["persons_told"] == told["persons_once"] else 1


@contextmanager
def bench() -> Iterator[Bench]:
    """Start private servers and a post office, and remove every byte of them at the end."""
    servers = Servers(LOCAL / "servers")
    servers.remove()
    try:
        with servers:
            owner = servers.environment("owner")
            catalogue = Catalogue(owner["SCANPASS_DATABASE_URL"])
            for site in (LIVE, OLD, WARM):
                catalogue.add_site(site, QUIET)
            catalogue.close()
            names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
            endpoint, access, secret, region = (owner[f"SCANPASS_S3_{name}"] for name in names)
            storage = S3(endpoint, access, secret, region)
            ports = Ports(servers.ports["demo.smtp"], servers.ports["demo.sms"])
            token = servers.environment("notify")["SCANPASS_SMS_GATEWAY_TOKEN"]
            with (
                Post(LOCAL / "servers" / "post", token, ports) as post,
                psycopg.connect(owner["SCANPASS_DATABASE_URL"], autocommit=True) as database,
            ):
                yield Bench(servers, storage, post.mailbox, database)
    finally:
        servers.remove()


def measure(made: Bench, studies: int, live: int) -> tuple[dict[str, float], dict[str, int]]:
    """Return the figures, and what stands behind them."""
    notify = {"SCANPASS_DIGEST_QUIET_SECONDS": str(DIGEST_QUIET)}
    with Services(made.servers, OTHERS, {"notify": notify}):
        with Services(made.servers, ["ingest"]):
            warm_up(made, studies, live)
            quiet = dropped_live(made, range(live))
        drop(made, f"{OLD}/backfill/archive", small.files(OLD, range(studies), EACH))
        say(f"quiet: {shown(quiet)}; {studies} studies lie in the archive's lane")
        with Services(made.servers, ["ingest"]):
            until(lambda: made.number(FILED, OLD) > 0, "the archive does not begin")
            flooded = dropped_live(made, range(live, 2 * live))
            waiting = made.number(WAITING, OLD)
            say(f"flooded: {shown(flooded)}; {waiting} files of the archive still wait")
            empty(made)
            until(lambda: made.number(UNDONE, OLD) == 0, "the archive does not settle")
    found = digests(made)
    return figures(quiet, flooded) | {"digests": found.pop("digests")}, {
        "files_waiting": waiting,
        **found,
    }


def warm_up(made: Bench, studies: int, live: int) -> None:
    """Let the servers make their volumes and tables, and know every patient."""
    made.storage.put("drop", f"{LIVE}/roster.json", small.roster(2 * live))
    made.storage.put("drop", f"{OLD}/roster.json", small.roster(ceil(studies / EACH)))
    drop(made, WARM, small.files(WARM, range(EACH), EACH))
    until(lambda: all(made.number(KNOWN, site) for site in (LIVE, OLD)), "no rosters")
    until(lambda: made.number(TOLD, WARM) == EACH, "nothing is told")


def dropped_live(made: Bench, patients: range) -> list[float]:
    """Drop a study of each patient, and return how long each letter took, in seconds."""
    at = {}
    for patient in patients:
        next_at = time.monotonic() + EVERY
        drop(made, LIVE, small.files(LIVE, range(patient, patient + 1), 1))
        at[small.address(patient)] = time.time()
        time.sleep(max(0.0, next_at - time.monotonic()))
    until(lambda: set(at) <= set(live_letters(made)), "a letter does not come")
    say(f"  median and p95 of each step: {steps(made, len(patients))}")
    came = live_letters(made)
    return sorted(came[address] - dropped for address, dropped in at.items())


def steps(made: Bench, studies: int) -> str:
    """Return where the time of the newest live studies went."""
    cursor = made.database.execute(STEPS.encode(), (LIVE, studies))
    names = [column.name for column in cursor.description or ()]
    spread = zip(names, cursor.fetchone() or (), strict=True)
    return ", ".join(f"{name} {p50:.1f} {p95:.1f}" for name, (p50, p95) in spread)


def live_letters(made: Bench) -> dict[str, float]:
    """Return when each letter about a live study came, by address."""
    return {one.to: one.at for one in made.letters() if one.about == f"New images from {LIVE}"}


def drop(made: Bench, prefix: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Put files into the drop."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda file: made.storage.put("drop", f"{prefix}/{file[0]}", file[1]), files))


def empty(made: Bench) -> None:
    """Take out of the drop what still waits there."""
    with ThreadPoolExecutor(THREADS) as pool:
        left = made.storage.list("drop", f"{OLD}/")
        list(pool.map(lambda each: made.storage.remove("drop", each.key, each.version), left))


def until(ready: Callable[[], bool], what: str) -> None:
    """Wait for `ready`, looking once a second: a look costs the run a little.

    Raises:
        TimeoutError: it takes too long.

    """
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(1.0)


def figures(quiet: list[float], flooded: list[float]) -> dict[str, float]:
    """Return the 95th percentiles and their ratio."""
    return {
        "quiet_p95_s": round(p95(quiet), 2),
        "flooded_p95_s": round(p95(flooded), 2),
        "ratio": round(p95(flooded) / p95(quiet), 2),
    }


def p95(ordered: list[float]) -> float:
    """Return the 95th percentile, by nearest rank."""
    return ordered[ceil(0.95 * len(ordered)) - 1]


def digests(made: Bench) -> dict[str, int]:
    """Return how many letters the persons of the archive had, and how many they were to have."""
    had = Counter(one.to for one in made.letters() if one.about.endswith(f"from {OLD}"))
    row = made.database.execute(TOLD.encode(), (OLD,)).fetchone() or (0, 0)
    once = sum(count == 1 for count in had.values())
    return {
        "digests": had.total(),
        "studies_told": row[0],
        "persons_told": row[1],
        "persons_once": once,
    }


def shown(seconds: list[float]) -> str:
    """Return the spread of a sorted list."""
    middle = seconds[len(seconds) // 2]
    return f"median {middle:.1f} s, p95 {p95(seconds):.1f} s, most {seconds[-1]:.1f} s"


def say(line: str) -> None:
    """Print `line`, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
