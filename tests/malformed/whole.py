"""The sample through real servers and services: dropped as a hospital drops, and accounted for."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
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
FATES = """SELECT receipt.drop_digest, receipt.kind, quarantine.reason, settlement.outcome,
        content.sha256 IS NOT NULL AS filed
    FROM ingest.receipt
    LEFT JOIN ingest.quarantine USING (site, sha256, drop_digest)
    LEFT JOIN catalogue.content USING (site, sop_uid, sha256)
    LEFT JOIN catalogue.settlement USING (site, sop_uid, sha256)"""
Fates = dict[str, dict[str, Any]]


def end_to_end(sample: Iterable[Kept], root: Path) -> tuple[dict[str, Kept], Fates]:
    """Return what was dropped, by the digest of its key, and what is known of each."""
    dropped = {
        sha256(f"north/{place}".encode()).hexdigest(): kept for place, kept in enumerate(sample)
    }
    try:
        with stage(root) as running:
            store = hospital(running)
            with ThreadPoolExecutor(SENDERS) as senders:
                puts = [
                    senders.submit(store.put, "drop", f"north/{place}", kept.path.read_bytes())
                    for place, kept in enumerate(dropped.values())
                ]
                for put in puts:
                    put.result()
            return dropped, settled(running, dropped)
    finally:
        Servers(root).remove()


def hospital(running: Stage) -> S3:
    """Return the object store as a hospital may use it."""
    told = running.servers.environment("hospital")
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    endpoint, access, secret, region = (told[f"SCANPASS_S3_{name}"] for name in names)
    return S3(endpoint, access, secret, region)


def settled(running: Stage, dropped: dict[str, Kept]) -> Fates:
    """Wait until every file is explained, or none has come further for long; say what is known."""
    least, deadline = len(dropped) + 1, 0.0
    while True:
        with running.database.transaction() as connection:
            found = {row["drop_digest"]: row for row in connection.execute(FATES.encode())}
        open_still = len(unexplained(dropped, found))
        if open_still < least:
            least, deadline = open_still, time.monotonic() + LONGEST
        if not open_still or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def unexplained(dropped: dict[str, Kept], fates: Fates) -> list[str]:
    """Return every file that is neither filed with an outcome nor refused for a reason."""
    return [kept.name for digest, kept in dropped.items() if not explained(fates.get(digest))]


def explained(fate: dict[str, Any] | None) -> bool:
    """Say whether a file has ended as something."""
    if fate is None:
        return False
    return bool(fate["reason"] or (fate["filed"] and fate["outcome"]))


def wrongly_taken(dropped: dict[str, Kept], fates: Fates) -> list[str]:
    """Return what was let in, or copied, against all that is known of it."""
    found = []
    for digest, kept in dropped.items():
        fate = fates.get(digest)
        if fate is None:
            continue
        let_in = kept.must is Must.REFUSE and fate["kind"] == "instance"
        if let_in or (kept.must is Must.NOT_COPY and fate["outcome"] == "transcoded"):
            found.append(kept.name)
    return found
