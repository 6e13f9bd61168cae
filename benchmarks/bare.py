"""The bare limit: the same requests and the same codec work in a plain loop over all cores."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from io import BytesIO
from multiprocessing import get_context

from services.transcode.part10 import take_apart
from services.transcode.recode import recode
from shared.storage import Found
from shared.storage.s3 import S3

PROCESSES = 2
THREADS = (1, 2, 3)  # of each process; the best of them is the limit
HEADER = 64 << 10  # bytes that index reads of each original

Place = tuple[str, str, str, str]  # endpoint, access key, secret key, region


def limit(place: Place, drops: Sequence[Sequence[Found]]) -> dict[str, float]:
    """Return instances a second of each way to loop, each over its own set of dropped objects."""
    return {
        f"{PROCESSES} x {threads}": rate(place, dropped, threads)
        for threads, dropped in zip(THREADS, drops, strict=True)
    }


def rate(place: Place, dropped: Sequence[Found], threads: int) -> float:
    """Return instances a second with two processes of `threads`, all started and warm before."""
    context = get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        ready = [pool.submit(time.sleep, 0.5) for _ in range(PROCESSES)]
        [each.result() for each in ready]
        list(pool.map(partial(loop, place, threads), [dropped[:2], dropped[2:4]]))  # warm
        rest = dropped[4:]
        parts = [rest[start::PROCESSES] for start in range(PROCESSES)]
        begun = time.perf_counter()
        list(pool.map(partial(loop, place, threads), parts))
        return len(rest) / (time.perf_counter() - begun)


def loop(place: Place, threads: int, dropped: Sequence[Found]) -> None:
    """Take every object from `drop` to where it would be served from."""
    storage = S3(*place)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(carry, storage), dropped))


def carry(storage: S3, found: Found) -> None:
    """Make the requests that one instance needs, and its copy with proof."""
    key = f"bare/{found.key}"
    with storage.open(found.bucket, found.key, found.version) as dropped:
        dropped.read()
    storage.copy(found, "archive", key)
    with storage.open("archive", key) as original:
        copy = BytesIO()
        recode(take_apart(original), copy, second_judge=False)
    storage.put("derived", key, copy)
    storage.read("archive", key, 0, HEADER)
    storage.remove(found.bucket, found.key, found.version)
