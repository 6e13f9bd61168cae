"""Synthetic instances, and a run of the real work on a bucket in memory."""

from collections.abc import Callable

import pytest

from services.transcode.gallery import Gallery
from services.transcode.handler import Run
from services.transcode.work import transcode
from shared.events import InstanceStored
from tests.fakes.storage import MemoryStorage
from tests.unit.transcode.samples import slice_dataset, told, written


@pytest.fixture
def storage() -> MemoryStorage:
    """Return buckets in memory."""
    return MemoryStorage()


@pytest.fixture
def run(storage: MemoryStorage) -> Run:
    """Return the work of one child, done here."""
    gallery = Gallery(storage)
    return lambda task: transcode(task, storage, gallery)


@pytest.fixture
def store(storage: MemoryStorage) -> Callable[[bytes], InstanceStored]:
    """Return what puts a content into the archive and tells of it."""

    def put(content: bytes) -> InstanceStored:
        return told(storage.put("archive", f"north/{len(storage.objects)}.dcm", content))

    return put


@pytest.fixture
def ct_slice() -> bytes:
    """Make a 64 by 64, 12-bit CT slice; no patient was ever near it."""
    return written(slice_dataset())
