"""The sample through real servers and services: dropped as a hospital drops, and accounted for."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from deploy.local import Servers
from deploy.local.demo.stage import Stage, stage
from shared.storage.s3 import S3
from tests.malformed.door import Kept
from tests.malformed.mutations import Must

LONGEST = 240.0  # seconds without any file coming further
SENDERS = 4
FATES = """SELECT receipt.drop_digest, receipt.kind, receipt.bucket, receipt.key, quarantine.reason,
        settlement.outcome, settlement.frames, settlement.size, settlement.key AS served,
        content.sha256 IS NOT NULL AS filed
    FROM ingest.receipt
    LEFT JOIN ingest.quarantine USING (site, sha256, drop_digest)
    LEFT JOIN catalogue.content USING (site, sop_uid, sha256)
    LEFT JOIN catalogue.settlement USING (site, sop_uid, sha256)"""
NO_PICTURES = {"declaration", "roster", "archive"}  # kinds that end with their receipt
Fate = dict[str, Any]
Fates = dict[str, Fate]
Dropped = dict[str, Kept]  # by the digest of its key


@contextmanager
def running(root: Path) -> Iterator[Stage]:
    """Start servers and services of our own, and remove every byte of them at the end."""
    try:
        with stage(root) as started:
            yield started
    finally:
        Servers(root).remove()


def dropped(running: Stage, sample: Iterable[Kept], prefix: str) -> Dropped:
    """Drop `sample` under `prefix`, which begins with a site."""
    named = {f"{prefix}/{place}": kept for place, kept in enumerate(sample)}
    store = as_one(running, "hospital")
    with ThreadPoolExecutor(SENDERS) as senders:
        puts = [
            senders.submit(store.put, "drop", key, kept.path.read_bytes())
            for key, kept in named.items()
        ]
        for put in puts:
            put.result()
    return {sha256(key.encode()).hexdigest(): kept for key, kept in named.items()}


def as_one(running: Stage, identity: str) -> S3:
    """Return the object store as `identity` may use it."""
    told = running.servers.environment(identity)
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    endpoint, access, secret, region = (told[f"SCANPASS_S3_{name}"] for name in names)
    return S3(endpoint, access, secret, region)


def settled(running: Stage, files: Dropped, longest: float = LONGEST) -> Fates:
    """Wait until every file is explained, or none has come further for long; say what is known."""
    least, deadline = len(files) + 1, 0.0
    while True:
        with running.database.transaction() as connection:
            found = {row["drop_digest"]: row for row in connection.execute(FATES.encode())}
        open_still = len(unexplained(files, found))
        if open_still < least:
            least, deadline = open_still, time.monotonic() + longest
        if not open_still or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def unexplained(files: Dropped, fates: Fates) -> list[str]:
    """Return every file that is neither filed with an outcome nor refused for a reason."""
    return [kept.name for digest, kept in files.items() if not explained(fates.get(digest))]


def explained(fate: Fate | None) -> bool:
    """Say whether a file has ended as something."""
    if fate is None:
        return False
    told = fate["kind"] in NO_PICTURES or (fate["filed"] and fate["outcome"])
    return bool(fate["reason"] or told)


def wrongly_taken(files: Dropped, fates: Fates) -> list[str]:
    """Return what was let in, or copied, against all that is known of it."""
    found = []
    for digest, kept in files.items():
        fate = fates.get(digest)
        if fate is None:
            continue
        let_in = kept.must is Must.REFUSE and fate["kind"] == "instance"
        if let_in or (kept.must is Must.NOT_COPY and fate["outcome"] == "transcoded"):
            found.append(kept.name)
    return found
