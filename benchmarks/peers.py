"""Measure Scanpass beside Orthanc: `make bench-peers`, or `python -m benchmarks.peers`.

The same files on the same cores, one system at a time, in turns. Of Scanpass the clock begins when
ingest has started and all lies in `drop`, and ends when the last instance is settled: archived
under its digest, with a receipt, copied to HTJ2K, decoded again and compared, filed, and told by
events. Of Orthanc it begins with the first POST to `/instances` by four connections that are kept,
of files that are in memory, and ends with the last answer: taking the bytes is part of its work,
and cannot be told apart. It runs twice: as it comes, and with `IngestTranscoding` to JPEG-LS, which
is a slower codec than ours and is not proven by decoding. It syncs what it writes; our store does
not. The web part is `benchmarks.web`.
"""

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from shutil import rmtree
from statistics import median
from threading import local

from benchmarks import bare, meter, sets, spine, web
from benchmarks.kept import keep
from benchmarks.orthanc import UPLOADS, orthanc
from deploy.local import Servers, Services

LOCAL = Path(".local/peers")
RESULTS = Path(__file__).with_suffix(".jsonl")
ROUNDS = {"ct": 3}  # of the set that the ratios are made of; one of each other
Rates = dict[str, list[float]]


def main() -> int:
    """Measure, and print the numbers as the last line."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(sets.SETS), choices=list(sets.SETS))
    parser.add_argument("--rounds", type=int, help="of each set")
    parser.add_argument("--no-web", action="store_true")
    told = parser.parse_args()
    others = meter.Others()
    numbers = ingested(["ct", *(name for name in told.sets if name != "ct")], told.rounds)
    if not told.no_web:
        numbers |= read()
    keep(RESULTS, numbers | {"others_busy": round(others.share(), 2)})
    spine.say([json.dumps(numbers)])
    return 0


def ingested(names: Sequence[str], rounds: int | None) -> dict[str, object]:
    """Return what became of each set, in instances a second, and the ratios of CT slices."""
    rates: dict[str, Rates] = {}
    runs = []
    with spine.bench() as made:
        slices = sets.made(LOCAL / "sets", "ct")
        spine.warm_up(made, slices[: spine.FEW])
        for name in names:
            files = sets.made(LOCAL / "sets", name)
            rates[name] = {"ours": [], "plain": [], "recoding": []}
            for number in range(rounds or ROUNDS.get(name, 1)):
                site = f"{name}-{number}"
                made.catalogue.add_site(site, spine.QUIET)
                run = spine.measured(made, files, site)
                runs += [run] if name == "ct" else []
                rates[name]["ours"].append(len(files) / run.seconds)
                for how in ("plain", "recoding"):
                    rates[name][how].append(taken(files, recoding=how == "recoding"))
            spine.say([f"{name}, instances/s: {json.dumps(rounded(rates[name]))}"])
        requests = spine.counted(made, slices[: spine.FEW])
        drops = [made.drop(slices, f"bare{threads}") for threads in bare.THREADS]
        limit = max(bare.limit(made.place, drops).values())
    ours, plain, recoding = (median(rates["ct"][how]) for how in ("ours", "plain", "recoding"))
    return {
        "share_of_bare_limit": round(ours / limit, 3),
        "ingest_vs_orthanc_recoding": round(ours / recoding, 2),
        "ingest_vs_orthanc_plain": round(ours / plain, 2),
        "messages_per_instance": round(median(run.messages for run in runs), 2),
        "s3_requests_per_instance": round(sum(requests.values()), 2),
        "peak_rss_mb": round(max(mb for run in runs for mb in run.peak_mb.values())),
        "instances_per_s": {name: rounded(each) for name, each in rates.items()},
    }


def rounded(rates: Rates) -> dict[str, list[float]]:
    """Return rates as they are kept: every round, so that their spread is seen."""
    return {how: [round(rate, 1) for rate in each] for how, each in rates.items()}


def taken(files: Iterable[Path], *, recoding: bool) -> float:
    """Return how many instances a second a new Orthanc takes."""
    contents = [file.read_bytes() for file in files]
    home = LOCAL.resolve() / f"orthanc-{os.getpid()}"
    mine = local()

    def post(content: bytes) -> None:
        connection = getattr(mine, "connection", None)
        if connection is None:
            connection = mine.connection = HTTPConnection(address, timeout=120)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.request("POST", "/instances", body=content)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:  # noqa: PLR2004  OK
            raise RuntimeError(answer.status)

    try:
        with orthanc(web.LOCAL.resolve() / "debian", home, (), recoding=recoding) as address:
            began = time.perf_counter()
            with ThreadPoolExecutor(UPLOADS) as threads:
                list(threads.map(post, contents))
            return len(contents) / (time.perf_counter() - began)
    finally:
        rmtree(home, ignore_errors=True)


def read() -> dict[str, object]:
    """Return the ratios of what viewers read."""
    home = LOCAL.resolve() / f"web-{os.getpid()}"
    servers = Servers(home / "servers")
    try:
        with servers, Services(servers, names=("portal",)) as services:
            numbers = web.measured(servers, services, home, 2)
    finally:
        servers.remove()
        rmtree(home, ignore_errors=True)
    return {name: numbers[name] for name in ("metadata_ratio", "frames_ratio")}


if __name__ == "__main__":
    sys.exit(main())
