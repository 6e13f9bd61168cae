"""What lies in the buckets after all: the very bytes that were dropped, and nothing besides."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from shared.storage.s3 import S3
from tests.judging.pixels import NotSound, codestreams
from tests.malformed.whole import Dropped, Fates

READERS = 4
OTHER = "kept with other bytes"


def astray(store: S3, site: str, files: Dropped, fates: Fates) -> list[str]:
    """Return what is not in its bucket as it was dropped, as the copy of it, or at all."""
    pairs = [(kept, fates[digest]) for digest, kept in files.items() if digest in fates]
    with ThreadPoolExecutor(READERS) as readers:
        found = readers.map(lambda pair: list(wrong(store, pair[0].path.name, pair[1])), pairs)
    names = [kept.name for kept, _ in pairs]
    said = [f"{name}: {each}" for name, all_of in zip(names, found, strict=True) for each in all_of]
    return [*said, *nobodys(store, site, fates)]


def wrong(store: S3, digest: str, fate: dict[str, Any]) -> Iterator[str]:
    """Find what is wrong with the objects of one file, whose SHA-256 is `digest`."""
    original = read(store, fate["bucket"], fate["key"])
    if original is None or sha256(original).hexdigest() != digest:
        yield OTHER
    if fate["reason"]:
        told = read(store, "quarantine", beside(fate["key"]))
        if told is None or json.loads(told)["reason"] != fate["reason"]:
            yield "in quarantine without its reason"
    if fate["outcome"] == "transcoded":
        copy = read(store, "derived", fate["served"])
        if copy is None or len(copy) != fate["size"] or frames(copy) != fate["frames"]:
            yield "copied, and the copy is not there as it was told"


def frames(copy: bytes) -> int | None:
    """Return how many codestreams a copy has, each found by its offset."""
    try:
        return len(codestreams(copy))
    except (NotSound, ValueError):
        return None


def read(store: S3, bucket: str, key: str) -> bytes | None:
    """Return an object, or None."""
    try:
        with store.open(bucket, key) as file:
            return file.read()
    except FileNotFoundError:
        return None


def beside(key: str) -> str:
    """Return where the reason lies of what is in quarantine."""
    return key.removesuffix(".bin") + ".json"


def nobodys(store: S3, site: str, fates: Fates) -> Iterator[str]:
    """Find objects that belong to no receipt, and what still lies in the drop."""
    places = {(fate["bucket"], fate["key"]) for fate in fates.values()}
    places |= {("quarantine", beside(key)) for bucket, key in places if bucket == "quarantine"}
    for bucket in ("drop", "archive", "quarantine"):
        for each in store.list(bucket, f"{site}/"):
            if (bucket, each.key) not in places:
                yield f"nobody's object in {bucket}"
