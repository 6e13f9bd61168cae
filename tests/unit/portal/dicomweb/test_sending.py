"""services.portal.app: how frames are sent, by the origins as they are put together."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.dicomweb.place import Place
from services.portal.dicomweb.served import Served
from services.portal.facts import Credential
from services.portal.reading import Hidden
from services.portal.sharing.cuts import Cut, Cuts
from shared.access import Because
from shared.dicom.copied import FAST

if TYPE_CHECKING:
    from services.portal.edges import Edges

URL = "http://127.0.0.1:1"
WAY = "/dicomweb/north/studies/1.2/series/1.3/instances/1.4/frames"
STREAMS = (b"one" * 100_000, memoryview(b"--and two--")[2:9])
GUEST = uuid4()
ACCEPT = {"accept": 'multipart/related; type="image/jphc"'}


def edges(guest: UUID | None = None) -> "Edges":
    """Return a portal that holds one instance of two frames, which `guest` may see."""

    def served(_: Credential, place: Place) -> tuple[Served, UUID | None]:
        if place.sop != "1.4":
            raise Hidden(Because.ABSENT)
        return Served("derived", "key", 1, 2, FAST), guest

    def stored(_: Served, numbers: list[int]) -> list[bytes | memoryview]:
        return [STREAMS[number] for number in numbers]

    made = SimpleNamespace(
        settings=SimpleNamespace(portal_url=URL, viewer_url=URL),
        cuts=Cuts(),
        instances=SimpleNamespace(served=served),
        pictures=SimpleNamespace(stored=stored),
    )
    return cast("Edges", made)


@pytest.fixture
def viewer() -> TestClient:
    return TestClient(app.viewer(edges()))


def test_frames_come_in_parts_with_all_headers(viewer: TestClient) -> None:
    """Each byte for byte, and the length is told before."""
    answer = viewer.get(f"/v/secret{WAY}/1,2", headers=ACCEPT)
    boundary = answer.headers["content-type"].partition("boundary=")[2]
    parts = answer.content.split(f"--{boundary}".encode())
    head = f"\r\nContent-Type: image/jphc; transfer-syntax={FAST}\r\n\r\n".encode()
    assert parts == [b"", *(head + bytes(each) + b"\r\n" for each in STREAMS), b"--\r\n"]
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]


def test_one_frame_comes_alone_where_that_is_asked(viewer: TestClient) -> None:
    """Without parts."""
    answer = viewer.get(f"/v/secret{WAY}/2", headers={"accept": "image/jphc"})
    assert answer.content == bytes(STREAMS[1])
    assert answer.headers["content-type"] == f"image/jphc; transfer-syntax={FAST}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v/secret{WAY}/0x", 400),
        (f"/v/secret{WAY.replace('1.4', '1.5')}/1", 404),
        (f"/v/secret{WAY.replace('1.4', '1.x')}/1", 404),
    ],
)
def test_what_cannot_be_given_is_said_in_words(viewer: TestClient, path: str, status: int) -> None:
    """With a reference that stands in our log."""
    answer = viewer.get(path, headers=ACCEPT)
    assert answer.status_code == status
    assert set(answer.json()) == {"reference", "message"}


def test_a_guests_frames_are_cut_where_it_is_not_known_what_was_taken_back() -> None:
    """The view of withdrawals is too old: after a first piece nothing more is sent."""
    asked = TestClient(app.viewer(edges(GUEST)))
    with pytest.raises(Cut):
        asked.get(f"/v/secret{WAY}/1", headers=ACCEPT)
