"""What the limited child does: fetch the beginning of an original, and make its row of it."""

from dataclasses import dataclass, replace

from services.index import dicomjson
from services.index.catalogue import Values, values
from shared.catalogue.served import packed
from shared.storage import Storage
from shared.storage.s3 import S3

FIRST = 64 << 10  # bytes of the first read; most headers end before
MOST = 64 << 20  # bytes; ingest lets no longer header in


@dataclass(frozen=True, slots=True)
class Header:
    """An instance's header as its row keeps it (`unpacked` gives DICOM JSON), and read."""

    packed: bytes
    values: Values


UNREADABLE = Header(
    packed(b"{}"), replace(values({}), marks=("no-patient-id", "unreadable-header"))
)


def read(storage: Storage, bucket: str, key: str, size: int, syntax: str) -> Header:
    """Return the header of an archived object of `size` bytes, by as few bytes as will do.

    Raises:
        FileNotFoundError: there is no such object.

    """
    length = FIRST
    while True:
        prefix = storage.read(bucket, key, 0, min(length, size))
        found = dicomjson.read(prefix, syntax)
        if found.whole or length >= min(size, MOST):
            break
        length *= 2
    told = values(found.elements)
    marks = tuple(sorted({*told.marks, *found.marks}))
    return Header(packed(found.json()), replace(told, marks=marks))


class Child:
    """What one child process keeps between two headers."""

    storage: Storage


def connect(endpoint: str, access_key: str, secret_key: str, region: str) -> None:
    """Start a child: its connection to the store is made once."""
    Child.storage = S3(endpoint, access_key, secret_key, region, pool=1)


def read_in_child(bucket: str, key: str, size: int, syntax: str) -> Header:
    """Return what `read` does, by the child's own connection."""
    return read(Child.storage, bucket, key, size, syntax)
