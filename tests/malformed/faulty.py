"""Ingest with a fault built in: `python -m tests.malformed.faulty FAULT`, with its environment.

It runs in the place of the real one, in the proof of the proof and nowhere else.
"""

import sys
from hashlib import sha256
from io import BytesIO
from unittest.mock import patch

from services.ingest import __main__ as ingest
from services.ingest.receipts import Receipt, Receipts
from shared.events import Event
from shared.storage import Found
from shared.storage.s3 import S3

ONE_IN = 3  # files that are hurt


def hurt(key: str) -> bool:
    """Say whether the fault meets what was dropped under `key`."""
    return hit(sha256(key.encode()).hexdigest())


def hit(drop_digest: str) -> bool:
    """Say the same of the digest of a key."""
    return int(drop_digest[:8], 16) % ONE_IN == 0


class Forgetful(Receipts):
    """Tells that a receipt is written, and has not written it: the drop is emptied after it."""

    def write(self, receipt: Receipt) -> Event:
        """Return the event."""
        if hit(receipt.drop_digest):
            return receipt.event(receipt.dropped_at)
        return super().write(receipt)


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


FAULTS: dict[str, dict[str, type]] = {
    "disappears": {"Receipts": Forgetful},
    "altered": {"S3": Careless},
}


def main() -> int:
    """Be ingest, with the fault that was asked for."""
    with patch.multiple(ingest, **FAULTS[sys.argv[1]]):
        return ingest.main()


if __name__ == "__main__":
    sys.exit(main())
