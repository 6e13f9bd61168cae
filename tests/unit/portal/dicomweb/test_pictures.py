"""services.portal.dicomweb.pictures: native pixels of grey copies are the original's own."""

from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from services.portal.dicomweb.pictures import Pictures
from services.portal.dicomweb.served import Served
from shared.dicom.copied import FAST
from tests.fakes.storage import MemoryStorage
from tests.received.files import public

if TYPE_CHECKING:
    from services.portal.settings import Settings

GREY, COLOUR, LARGE = "CT_small.dcm", "SC_rgb_small_odd.dcm", "emri_small.dcm"


class Told(Pictures):
    """Tells what a child was asked for, and answers as one."""

    def _in_child(self, *_asked: Any) -> bytes:  # noqa: ANN401  whatever a child is given
        return b"decoded"


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def pictures(storage: MemoryStorage) -> Told:
    """Return pictures whose child is never started."""
    secret = SimpleNamespace(get_secret_value=str)
    told = SimpleNamespace(log_level="INFO", children=1, child_memory_mb=512, child_seconds=1.0)
    told.s3_endpoint = told.s3_region = ""
    told.s3_access_key = told.s3_secret_key = secret
    return Told(storage, cast("Settings", told))


def copy_of(storage: MemoryStorage, content: bytes, frames: int = 1) -> Served:
    """Return a fast copy of `content`, as the catalogue names it; the copy itself is not there."""
    put = storage.put("archive", "it.dcm", content)
    original = Served(put.bucket, put.key, put.size, frames, "1.2.840.10008.1.2.1", put.sha256)
    return Served("derived", "it.dcm", 1, frames, FAST, None, original)


@pytest.mark.parametrize(("name", "numbers"), [(GREY, [0]), (LARGE, [9, 0])])
def test_grey_pixels_are_those_of_the_original(
    pictures: Told, storage: MemoryStorage, name: str, numbers: list[int]
) -> None:
    """Nothing is decoded; each frame is the one asked for."""
    ds = dcmread(BytesIO(public(name)))
    wanted = pixel_array(ds).reshape(-1, ds.Rows, ds.Columns)
    served = copy_of(storage, public(name), len(wanted))
    assert pictures.decoded(served, numbers) == [wanted[each].tobytes() for each in numbers]


def test_colours_are_decoded(pictures: Told, storage: MemoryStorage) -> None:
    """The copy's header, which is served, may tell of another order of their samples."""
    served = copy_of(storage, public(COLOUR))
    assert pictures.decoded(served, [0]) == pictures.decoded(served, [0]) == [b"decoded"]


def test_a_damaged_original_is_not_served(pictures: Told, storage: MemoryStorage) -> None:
    """The copy is decoded instead, which is compared on its own."""
    served = copy_of(storage, public(GREY))
    storage.put("archive", "it.dcm", public(GREY)[:-1] + b"x")
    assert pictures.decoded(served, [0]) == [b"decoded"]
