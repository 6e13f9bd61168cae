"""Measure the spine: `make bench`, or `python -m benchmarks.spine`.

500 CT slices lie in `drop` before any clock runs, and nobody looks: uploading is the hospital's
work, on its machines. Then ingest is started beside the three others, which are up and idle. The
clock starts with ingest's own line `service_started`, so that importing Python is on nobody's
clock, and stops when the last row is settled. The bare limit begins from the same state (objects
in `drop`, processes warm) on the same servers, with nothing else running, and is the best of
several ways to loop.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import bare, meter, phantom
from benchmarks.counting import Wire
from benchmarks.kept import keep
from benchmarks.messages import published
from benchmarks.outcome import Catalogue, Outcome
from deploy.local import Servers, Services
from shared.storage import Found
from shared.storage.s3 import S3

LOCAL = Path(".local/bench")
RESULTS = Path(__file__).with_name("spine.jsonl")
SITE, WARM, COUNTED = "north", "warm", "counted"
QUIET = 3.0  # seconds, as in the demo
FEW = 100  # instances of the pass that counts requests
SHARE, MEMORY = 0.5, 300.0  # the goals: of the bare limit, at least; MB of a process, at most
SERVICES = ("transcode", "index", "notify", "ingest")


@dataclass(frozen=True)
class Bench:
    """The servers under test, and how the benchmark itself gets at them."""

    servers: Servers
    catalogue: Catalogue
    place: bare.Place  # of the object store, with every right

    def drop(self, files: list[Path], prefix: str) -> list[Found]:
        """Drop `files` under `prefix`, and return what lies there."""
        storage = S3(*self.place)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda file: put(storage, f"{prefix}/{file.name}", file), files))
        return list(storage.list("drop", f"{prefix}/"))

    def roots(self, running: Mapping[str, Services]) -> dict[str, int]:
        """Return the process under which each part of the system runs."""
        servers = {"weed": "s3", "rabbit": "broker", "postgres": "database"}
        found = {name: self.servers.pid(server) for name, server in servers.items()}
        return found | {name: services.pid(name) for name, services in running.items()}


@dataclass(frozen=True)
class Run:
    """What one pass of the services gave."""

    seconds: float
    outcome: Outcome
    started: float  # seconds since 1970
    cpu_ms: dict[str, float]  # of each part, an instance
    peak_mb: dict[str, float]  # of each service's largest process
    messages: float  # an instance


def put(storage: S3, key: str, file: Path) -> None:
    """Put one file into `drop`."""
    storage.put("drop", key, file.read_bytes())


def main() -> int:
    """Run all, print the table and the JSON line, and say whether the goals are reached."""
    files = phantom.study(LOCAL / "phantom")
    with bench() as made:
        warm_up(made, files[:FEW])
        others = meter.Others()
        run = measured(made, files)
        requests = counted(made, files[:FEW])
        drops = [made.drop(files, f"bare{threads}") for threads in bare.THREADS]
        before = ours()
        limits = bare.limit(made.place, drops)
        loop_ms = (ours() - before) * 1000 / sum(map(len, drops))
        busy = others.share()
    result = summary(run, limits, requests, len(files))
    show(run, limits, requests)
    say([f"CPU of the loops and their servers: {loop_ms:.1f} ms an instance"])
    say([f"others kept {busy:.0%} of the cores busy meanwhile"])
    keep(RESULTS, result | {"others_busy": round(busy, 2)})
    say([json.dumps(result)])
    share = len(files) / run.seconds / max(limits.values())
    return 0 if share >= SHARE and max(run.peak_mb.values()) <= MEMORY else 1


@contextmanager
def bench() -> Iterator[Bench]:
    """Start private servers, and remove every byte of them at the end."""
    servers = Servers(LOCAL / "servers")
    servers.remove()
    try:
        with servers:
            owner = servers.environment("owner")
            catalogue = Catalogue(owner["SCANPASS_DATABASE_URL"])
            for site in (SITE, WARM, COUNTED):
                catalogue.add_site(site, QUIET)
            names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
            endpoint, access, secret, region = (owner[f"SCANPASS_S3_{name}"] for name in names)
            yield Bench(servers, catalogue, (endpoint, access, secret, region))
            catalogue.close()
    finally:
        servers.remove()


def warm_up(made: Bench, files: list[Path]) -> None:
    """Let the servers make their volumes, tables and caches: none is new in production."""
    with Services(made.servers, SERVICES):
        made.drop(files, WARM)
        made.catalogue.outcome(WARM, len(files))


def measured(made: Bench, files: list[Path], site: str = SITE) -> Run:
    """Measure the services on all of `files`, dropped by `site`."""
    with Services(made.servers, SERVICES[:-1]) as others:
        made.drop(files, site)
        before_messages = published(made.servers.environment("ops"))
        ingest = Services(made.servers, SERVICES[-1:])
        running = dict.fromkeys(SERVICES[:-1], others)
        before = meter.seconds(made.roots(running))
        with ingest:
            running["ingest"] = ingest
            outcome = made.catalogue.outcome(site, len(files))
            roots = made.roots(running)
            used = meter.seconds(roots)
            peaks = {name: meter.peak_mb([roots[name]]) for name in SERVICES}
            messages = published(made.servers.environment("ops")) - before_messages
        begun = started(ingest.log("ingest"))
    ms = {name: (used[name] - before.get(name, 0.0)) * 1000 / len(files) for name in used}
    return Run(outcome.settled - begun, outcome, begun, ms, peaks, messages / len(files))


def started(log: Path) -> float:
    """Return when the service last said that it had started."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (*_, last) = (line for line in lines if line.get("event") == "service_started")
    return datetime.fromisoformat(last["timestamp"]).timestamp()


def counted(made: Bench, files: list[Path]) -> dict[str, float]:
    """Return the requests to the object store an instance, by method and bucket.

    In a pass of its own: a wire that counts would cost the measured one time.
    """
    url = urlsplit(made.place[0])
    with Wire(url.hostname or "", url.port or 0) as wire:
        over = {name: {"SCANPASS_S3_ENDPOINT": wire.endpoint} for name in SERVICES}
        with Services(made.servers, SERVICES[:-1], over):
            made.drop(files, COUNTED)
            wire.requests.clear()
            with Services(made.servers, SERVICES[-1:], over):
                made.catalogue.outcome(COUNTED, len(files))
            return {name: count / len(files) for name, count in wire.requests.most_common()}


def summary(
    run: Run, limits: Mapping[str, float], requests: Mapping[str, float], instances: int
) -> dict[str, float | dict[str, float]]:
    """Return the line that is kept."""
    rate = instances / run.seconds
    return {
        "instances_per_s": round(rate, 1),
        "share_of_bare_limit": round(rate / max(limits.values()), 3),
        "available_p95_s": round(run.outcome.available_p95 - run.started - QUIET, 2),
        "peak_rss_mb_per_process": {name: round(mb) for name, mb in run.peak_mb.items()},
        "messages_per_instance": round(run.messages, 2),
        "s3_requests_per_instance": round(sum(requests.values()), 2),
    }


def ours() -> float:
    """Return the processor seconds of this process and all that it has started."""
    return meter.seconds({"ours": os.getpid()})["ours"]


def say(lines: list[str]) -> None:
    """Print `lines`."""
    sys.stdout.write("\n".join(lines) + "\n")


def show(run: Run, limits: Mapping[str, float], requests: Mapping[str, float]) -> None:
    """Print what stands behind the line."""
    lines = ["CPU milliseconds an instance"]
    lines += [f"  {name:<10}{ms:7.2f}" for name, ms in sorted(run.cpu_ms.items())]
    lines += [f"  {'sum':<10}{sum(run.cpu_ms.values()):7.2f}"]
    lines += ["bare limit, instances/s by processes x threads"]
    lines += [f"  {how:<10}{rate:7.1f}" for how, rate in limits.items()]
    lines += ["requests to the object store an instance"]
    lines += [f"  {what:<18}{count:6.2f}" for what, count in requests.items()]
    p95 = run.outcome.settled_p95 - run.started
    lines += [f"settled: p95 {p95:.2f} s, the last {run.seconds:.2f} s"]
    say(lines)


if __name__ == "__main__":
    sys.exit(main())
