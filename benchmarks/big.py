"""One file of gigabytes through the services, in bounded memory: `python -m benchmarks.big`.

A multi-frame image is written frame by frame, dropped as a hospital drops it, and followed until
it is settled. Then every frame of its fast copy is fetched by its offset, decoded by
OpenJPEG, which is not the encoder's library, and compared with the frame it was made from. The last
line is JSON; exit code 0 only when all is equal and no process had more than `MEMORY`.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from struct import unpack_from

import imagecodecs
import numpy as np

from benchmarks import cine, meter, spine
from benchmarks.kept import keep
from benchmarks.outcome import Told
from deploy.local import Services
from shared.storage.s3 import S3

RESULTS = Path(__file__).with_name("big.jsonl")
MEMORY = 400.0  # MB that a process may have, at most
HEAD = 1 << 20  # bytes of a copy; the offset tables lie within
OFFSETS, LENGTHS = b"\xe0\x7f\1\0OV\0\0", b"\xe0\x7f\2\0OV\0\0"  # PS3.3 C.7.6.3.1.8
PIXELS = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
TABLE, ITEM = 12, 8  # bytes before a table's numbers, and before a fragment


@dataclass(frozen=True)
class Run:
    """What one file gave."""

    seconds: float  # from the last byte dropped until it is filed and its copy told
    peak_mb: dict[str, float]  # of each service's largest process
    told: Told


def main() -> int:
    """Write, drop, follow, compare, and say whether the goals are reached."""
    parser = argparse.ArgumentParser(prog="benchmarks.big", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=4.0, help="of 1000 MB; 4.29 at most")
    size = int(parser.parse_args().gigabytes * 1e9)
    file = spine.LOCAL / "big.dcm"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        frames = cine.write(file, size)
        spine.say([f"{frames} frames are written"])
        with spine.bench() as made:
            storage = S3(*made.place)
            run = carried(made, storage, file, size)
            equal = run.told.outcome == "transcoded" and same(storage, run.told.key, frames)
    finally:
        file.unlink(missing_ok=True)
    result = {
        "gigabytes": round(frames * cine.FRAME / 1e9, 3),
        "seconds": round(run.seconds, 1),
        "peak_rss_mb": {name: round(mb) for name, mb in run.peak_mb.items()},
        "pixels_equal": equal,
        "outcome": run.told.outcome if not run.told.reason else run.told.reason,
    }
    keep(RESULTS, result)
    spine.say([json.dumps(result)])
    return 0 if equal and max(run.peak_mb.values()) < MEMORY else 1


def carried(made: spine.Bench, storage: S3, file: Path, size: int) -> Run:
    """Drop `file` before the services, and follow it until its study is available."""
    with Services(made.servers, spine.SERVICES) as services:
        with file.open("rb") as content:
            sha256 = file_digest(content, "sha256").hexdigest()
            content.seek(0)
            storage.put("drop", f"{spine.SITE}/{file.name}", content)
        begun = time.time()
        spine.say([f"{size / 1e9:.2f} GB are dropped"])
        outcome = made.catalogue.outcome(spine.SITE, 1, deadline=3600.0)
        roots = made.roots(dict.fromkeys(spine.SERVICES, services))
        peaks = {name: meter.peak_mb([roots[name]]) for name in spine.SERVICES}
    told = made.catalogue.told(spine.SITE, sha256)
    return Run(outcome.settled - begun, peaks, told)


def same(storage: S3, key: str, frames: int) -> bool:
    """Say whether each frame of the copy is the one that was written."""
    head = storage.read("derived", key, 0, HEAD)
    offsets, lengths = (table(head, mark, frames) for mark in (OFFSETS, LENGTHS))
    first = head.index(PIXELS) + len(PIXELS) + ITEM
    for number, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        stream = storage.read("derived", key, first + offset + ITEM, length)
        if not np.array_equal(imagecodecs.jpeg2k_decode(stream), cine.frame(number)):
            spine.say([f"frame {number} is another"])
            return False
    return True


def table(head: bytes, mark: bytes, frames: int) -> tuple[int, ...]:
    """Return the numbers of an extended offset table."""
    return unpack_from(f"<{frames}Q", head, head.index(mark) + TABLE)


if __name__ == "__main__":
    sys.exit(main())
