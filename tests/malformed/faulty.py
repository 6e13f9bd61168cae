"""Ingest with a fault built in: `python -m tests.malformed.faulty FAULT`, with its environment.

It runs in the place of the real one, in the proof of the proof and nowhere else.
"""

import sys
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any
from unittest.mock import patch

from services.ingest import __main__ as ingest
from services.ingest import handler
from services.ingest.arrivals import Dropped
from services.ingest.handler import dropped
from shared.events import Event
from shared.storage import Found
from shared.storage.s3 import S3

ONE_IN = 3  # files that are hurt


def hurt(key: str) -> bool:
    """Say whether the fault meets what was dropped under `key`."""
    return int(sha256(key.encode()).hexdigest()[:8], 16) % ONE_IN == 0


def forgetful(hint: Dropped, *edges: Any, **named: Any) -> Iterator[Event]:  # noqa: ANN401  all
    """Let go of a drop before anything was kept of it."""
    if hurt(hint.key):
        named["storage"].remove(hint.bucket, hint.key, hint.version)
    else:
        yield from dropped(hint, *edges, **named)


class Careless(S3):
    """Keeps other bytes than were dropped: one bit is another."""

    def copy(self, source: Found, bucket: str, key: str) -> None:
        """Copy, and not well."""
        if not hurt(source.key):
            super().copy(source, bucket, key)
            return
        with self.open(source.bucket, source.key, source.version) as file:
            content = bytearray(file.read())
        content[-1:] = bytes([content[-1] ^ 1]) if content else b"?"
        self.put(bucket, key, BytesIO(content))


FAULTS: dict[str, tuple[object, str, object]] = {
    "disappears": (handler, "dropped", forgetful),
    "altered": (ingest, "S3", Careless),
}


def main() -> int:
    """Be ingest, with the fault that was asked for."""
    with patch.object(*FAULTS[sys.argv[1]]):
        return ingest.main()


if __name__ == "__main__":
    sys.exit(main())
