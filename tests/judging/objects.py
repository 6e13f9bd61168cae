"""The buckets: every original kept byte for byte, every copy pixel for pixel, nothing left over."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.judging.dropped import Dropped, Kind
from tests.judging.edges import Edges
from tests.judging.originals import must_be_recoded, original_frames
from tests.judging.pixels import NotSound, codestreams, decode

READERS = 8
KEPT = {Kind.INSTANCE, Kind.ROSTER, Kind.DECLARATION, Kind.ARCHIVE}
# What the reason of a quarantined file has to be one of.
REASONS = {
    Kind.CUT: {"truncated"},
    Kind.FOREIGN: {"not-dicom"},
    Kind.BAD_UID: {"uid-missing", "uid-malformed"},
    Kind.EXECUTABLE: {"executable-preamble"},
}


def drop(edges: Edges) -> Iterator[str]:
    """Find what is still in `drop`, any version of it."""
    left = len(list(edges.versions("drop")))
    if left:
        yield f"drop: {left} versions are left"


def archive(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find originals that are missing, changed, or that nobody dropped."""
    wanted = {file.archive_key: file.sha256 for file in files if file.kind in KEPT}
    there = set(edges.keys("archive"))
    yield from (f"archive: missing {key}" for key in sorted(set(wanted) - there))
    yield from (f"archive: nobody dropped {key}" for key in sorted(there - set(wanted)))
    keys = sorted(there & set(wanted))
    with ThreadPoolExecutor(READERS) as readers:
        for key, digest in zip(
            keys, readers.map(lambda k: edges.digest("archive", k), keys), strict=True
        ):
            if digest != wanted[key]:
                yield f"archive: other bytes under {key}"


def quarantine(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find what was let in, refused for another reason, or refused although it is sound."""
    wanted = {(file.site, file.sha256): file for file in files if file.kind not in KEPT}
    told = edges.rows("SELECT site, sha256, key, reason, decision FROM ingest.quarantine")
    rows = {(row["site"], row["sha256"]): row for row in told}
    released = {(file.site, file.sha256) for file in files if file.kind in KEPT}
    if len(told) != len(rows):
        yield f"quarantine: {len(told)} rows of {len(rows)} files"
    yield from (f"quarantine: not there: {wanted[one].path.name}" for one in wanted.keys() - rows)
    for one in sorted(rows.keys() - wanted.keys()):
        if one in released and rows[one]["decision"] == "release":
            continue
        yield f"quarantine: {one[1][:12]} of {one[0]} was sound: {rows[one]['reason']}"
    keys = set(edges.keys("quarantine"))
    for one in wanted.keys() & rows.keys():
        row, file = rows[one], wanted[one]
        if row["reason"] not in REASONS[file.kind]:
            yield f"quarantine: {file.path.name}: reason {row['reason']}"
        beside = row["key"].removesuffix(".bin") + ".json"
        if not {row["key"], beside} <= keys:
            yield f"quarantine: {file.path.name}: no bytes, or no reason beside them"
        elif edges.digest("quarantine", row["key"]) != file.sha256:
            yield f"quarantine: {file.path.name}: other bytes"
        elif json.loads(edges.get("quarantine", beside)).get("reason") != row["reason"]:
            yield f"quarantine: {file.path.name}: another reason beside the bytes"
    extra = len(keys) - 2 * len(rows)
    if extra:
        yield f"quarantine: {extra:+} objects beside two for each row"


def copies(edges: Edges, files: Iterable[Dropped]) -> Iterator[str]:
    """Find fast copies that are missing, not due, or of other pixels than the original."""
    settled = {
        (row["site"], row["sop_uid"], row["sha256"]): row
        for row in edges.rows("SELECT * FROM catalogue.settlement")
    }
    instances = {
        (file.site, file.sop, file.sha256): file for file in files if file.kind is Kind.INSTANCE
    }
    yield from (f"copy: not settled: {one}" for one in sorted(instances.keys() - settled.keys()))
    yield from (f"copy: settled, not dropped: {one}" for one in settled.keys() - instances.keys())
    recoded: dict[str, Dropped] = {}
    for one in sorted(instances.keys() & settled.keys()):
        row, file = settled[one], instances[one]
        if row["outcome"] == "transcoded":
            recoded[row["key"]] = file
        elif must_be_recoded(file.path):
            yield f"copy: {file.path.name} was {row['outcome']}: {row['reason']}"
        elif (row["bucket"], row["key"]) != ("archive", file.archive_key):
            yield f"copy: {file.path.name} is not served from its original"
    there = {key for key in edges.keys("derived") if key.endswith(".dcm")}
    yield from (f"copy: missing {key}" for key in sorted(recoded.keys() - there))
    yield from (f"copy: nobody told of {key}" for key in sorted(there - recoded.keys()))
    yield from unequal(edges, {key: recoded[key] for key in recoded.keys() & there})


def unequal(edges: Edges, recoded: Mapping[str, Dropped]) -> Iterator[str]:
    """Find copies that OpenJPEG decodes to something else than the original's values."""
    streams: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    keys = sorted(recoded)
    with ThreadPoolExecutor(READERS) as readers:
        bodies = readers.map(lambda key: edges.get("derived", key), keys)
        for number, (key, body) in enumerate(zip(keys, bodies, strict=True)):
            if recoded[key].sop.encode() not in body[:4096]:
                yield f"copy: another SOP Instance UID in {key}"
            try:
                frames = codestreams(body)
            except (NotSound, ValueError) as error:
                yield f"copy: {error}: {key}"
                continue
            counts[key] = len(frames)
            streams |= {f"{number}-{place}": frame for place, frame in enumerate(frames)}
    with TemporaryDirectory() as folder:
        decoded = decode(streams, Path(folder))
    for number, key in enumerate(keys):
        if key in counts:
            frames_back = [decoded.get(f"{number}-{place}") for place in range(counts[key])]
            if not same(frames_back, original_frames(recoded[key].path)):
                yield f"copy: other pixels in {key}"


def same(frames: list[npt.NDArray[np.integer] | None], original: npt.NDArray[np.integer]) -> bool:
    """Say whether all frames came back, each with the values of the original's."""
    return len(frames) == len(original) and all(
        frame is not None and np.array_equal(frame, wanted)
        for frame, wanted in zip(frames, original, strict=True)
    )


def series(edges: Edges) -> Iterator[str]:
    """Find series without their metadata object, or whose object tells of other instances."""
    presented: dict[tuple[str, str], set[str]] = {}
    for row in edges.rows("SELECT * FROM catalogue.content WHERE standing = 'presented'"):
        presented.setdefault((row["site"], row["series_uid"]), set()).add(row["sop_uid"])
    for row in edges.rows("SELECT * FROM catalogue.series"):
        wanted = presented.get((row["site"], row["series_uid"]), set())
        if wanted and row["metadata_key"] is None:
            yield f"series: no metadata object: {row['series_uid']}"
        elif wanted:
            told = json.loads(gzip.decompress(edges.get("derived", row["metadata_key"])))
            if sorted(map(sop_of, told)) != sorted(wanted):
                yield f"series: other instances in {row['metadata_key']}"


def sop_of(instance: dict[str, Any]) -> str:
    """Return the SOP Instance UID of a DICOM JSON object (PS3.18 F.2)."""
    value: str = instance["00080018"]["Value"][0]
    return value
