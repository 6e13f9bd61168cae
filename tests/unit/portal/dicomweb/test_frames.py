"""services.portal.dicomweb.frames: nothing is given but what was stored."""

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from services.portal.dicomweb import frames
from services.portal.dicomweb.frames import Frames
from services.portal.dicomweb.served import Served
from shared.errors import EdgeDown
from tests.fakes.storage import MemoryStorage
from tests.received.files import public

MANY = public("emri_small.dcm")  # ten frames
LITTLE = "1.2.840.10008.1.2.1"
FLIPPED = MANY[:-9] + bytes([MANY[-9] ^ 1]) + MANY[-8:]


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def served(storage: MemoryStorage) -> Served:
    """Return an object of several frames, as the catalogue names it."""
    put = storage.put("archive", "it.dcm", MANY)
    return Served(put.bucket, put.key, put.size, 10, LITTLE, put.sha256)


def test_frames_are_read_by_ranges(storage: MemoryStorage, served: Served) -> None:
    """Each is the one that was asked for, the first time and later."""
    pixels = pixel_array(dcmread(BytesIO(MANY)))
    read = Frames(storage)
    for number in (9, 0, 9):
        assert read.read(served, [number])[1] == [pixels[number].tobytes()]


def test_other_bytes_are_not_opened(storage: MemoryStorage, served: Served) -> None:
    """Also where the frame that is asked for is none of the damaged ones."""
    storage.put("archive", "it.dcm", FLIPPED)
    with pytest.raises(EdgeDown):
        Frames(storage).read(served, [0])


def test_an_object_is_compared_again(
    storage: MemoryStorage, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was whole an hour ago may not be so now."""
    read = Frames(storage)
    read.read(served, [0])
    storage.put("archive", "it.dcm", FLIPPED)
    monkeypatch.setattr(frames, "TRUSTED", 0.0)
    with pytest.raises(EdgeDown):
        read.read(served, [0])
