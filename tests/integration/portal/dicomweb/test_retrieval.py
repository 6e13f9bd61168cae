"""Frames and pictures as others read them: httpx asks, pydicom and OpenJPEG judge."""

import re
from io import BytesIO
from typing import Any

import httpx2
import imagecodecs
import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import JPEGBaseline8Bit

from tests.integration.portal.dicomweb.conftest import KINDS, PATIENT, Stage
from tests.received.studies import Received

Values = np.ndarray[Any, np.dtype[Any]]

FAST = "1.2.840.10008.1.2.4.202"
LITTLE = "1.2.840.10008.1.2.1"
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
PICTURES = [name for name in KINDS if name != "test-SR.dcm"]
COPIED = [name for name in PICTURES if KINDS[name] == "copied"]


def parts(answer: httpx2.Response) -> list[tuple[str, bytes]]:
    """Return Content-Type and content of each part."""
    assert answer.status_code == 200, answer.text
    boundary = re.search(r"boundary=([0-9a-f]+)", answer.headers["content-type"])
    assert boundary is not None
    found = []
    for part in answer.content.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        found.append((head.decode().strip(), body[:-2]))
    return found


def dropped(stage: Stage, name: str) -> Dataset:
    """Return the file as the hospital dropped it."""
    return dcmread(BytesIO(stage.content_of(name)))


def stored_values(ds: Dataset) -> Values:
    """Return the stored values of all frames, as (frames, …), without colour conversion."""
    values = pixel_array(ds, raw=True)
    return values if int(ds.get("NumberOfFrames") or 1) > 1 else values[np.newaxis]


@pytest.mark.parametrize("name", COPIED)
def test_frames_of_fast_copies_are_the_dropped_pixels(stage: Stage, name: str) -> None:
    """OpenJPEG decodes what `*` gives to the very values that were dropped, frame by frame."""
    values = stored_values(dropped(stage, name))
    numbers = ",".join(str(number + 1) for number in range(len(values)))
    found = parts(stage.get(f"{stage.instance_of(name)}/frames/{numbers}", accept=AS_STORED))

    assert {kind for kind, _ in found} == {f"Content-Type: image/jphc; transfer-syntax={FAST}"}
    assert len(found) == len(values)
    for (_, stream), wanted in zip(found, values, strict=True):
        assert np.array_equal(imagecodecs.jpeg2k_decode(stream), wanted)


@pytest.mark.parametrize("name", COPIED)
def test_explicit_little_endian_is_decoded(stage: Stage, name: str) -> None:
    """Who asks for plain octets gets native pixels, colours by pixel."""
    values = stored_values(dropped(stage, name))[0]
    wanted = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    answer = stage.get(f"{stage.instance_of(name)}/frames/1", accept="application/octet-stream")

    assert answer.headers["content-type"] == f"application/octet-stream; transfer-syntax={LITTLE}"
    assert answer.content == wanted


def test_what_was_kept_is_served_as_it_came(stage: Stage) -> None:
    """A lossy JPEG's codestream is the one in the file; every frame of 120 is the right one."""
    name = "color3d_jpeg_baseline.dcm"
    answer = stage.get(f"{stage.instance_of(name)}/frames/1,120", accept="*/*;q=0.5")
    found = parts(answer)

    ds = dropped(stage, name)
    wanted = pixel_array(ds, index=119, raw=False)
    assert [kind for kind, _ in found] == [
        f"Content-Type: image/jpeg; transfer-syntax={JPEGBaseline8Bit}"
    ] * 2
    assert stage.content_of(name).count(found[0][1]) == 1
    off = imagecodecs.jpeg8_decode(found[1][1]).astype(int) - wanted.astype(int)
    assert np.abs(off).max() <= 3


def test_single_bits_are_cut_at_each_frame(stage: Stage) -> None:
    """A segmentation's frame begins with a whole byte, whatever lies before it."""
    ds = dropped(stage, "liver.dcm")
    answer = stage.get(
        f"{stage.instance_of('liver.dcm')}/frames/2", accept="application/octet-stream"
    )

    bits = np.unpackbits(np.frombuffer(answer.content, np.uint8), bitorder="little")
    wanted = pixel_array(ds)[1]
    assert np.array_equal(bits[: wanted.size].reshape(wanted.shape), wanted)


def test_big_endian_pixels_are_turned(stage: Stage) -> None:
    """What was kept in big endian is served in little endian."""
    name = "SC_rgb_expb_16bit.dcm"
    answer = stage.get(f"{stage.instance_of(name)}/frames/1", accept="application/octet-stream")

    assert answer.content == pixel_array(dropped(stage, name)).astype("<u2").tobytes()


def seen(ds: Dataset) -> Values:
    """Return the first frame as a person sees it, by pydicom."""
    values = pixel_array(ds, index=0) if int(ds.get("NumberOfFrames") or 1) > 1 else pixel_array(ds)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        values = apply_color_lut(values, ds)
        return values >> 8 if values.dtype.itemsize > 1 else values
    return values >> max(ds.BitsStored - 8, 0) if values.ndim == 3 else values


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_drawn_in_their_colours(stage: Stage, name: str) -> None:
    """As PNG they are what pydicom sees; grey ones through the file's window, or their own."""
    answer = stage.get(f"{stage.instance_of(name)}/rendered", accept="image/png")
    assert answer.headers["content-type"] == "image/png", answer.text
    drawn = imagecodecs.png_decode(answer.content).astype(float)

    ds = dropped(stage, name)
    wanted = seen(ds).astype(float)
    assert drawn.shape == wanted.shape
    if wanted.ndim == 3:
        assert np.abs(drawn - wanted).max() <= 3
    else:
        assert np.corrcoef(drawn.ravel(), wanted.ravel())[0, 1] > 0.9


def test_a_window_is_what_it_says(stage: Stage) -> None:
    """Centre and width are in rescaled values, and black and white are where they should be."""
    path = f"/studies/{stage.slices}/series/{stage.slices}.1/instances/{stage.slices}.1.1/rendered"
    answer = stage.get(path, accept="image/png", window="100,1000,linear")
    drawn = imagecodecs.png_decode(answer.content).astype(float)

    ds = dcmread(BytesIO(stage.slice_of(1)))
    values = pixel_array(ds).astype(float) - 1024
    wanted = np.clip((values - 100) / 1000 + 0.5, 0, 1) * 255
    assert np.abs(drawn - wanted).max() <= 1


def test_a_viewport_may_be_a_part(stage: Stage) -> None:
    """Cut out of the picture, then shrunk; what lies outside is refused."""
    path = stage.instance_of("examples_palette.dcm")
    whole = imagecodecs.png_decode(stage.get(f"{path}/rendered", accept="image/png").content)
    part = stage.get(f"{path}/rendered", accept="image/png", viewport="900,900,10,20,50,40")
    small = stage.get(f"{path}/rendered", accept="image/png", viewport="25,25,10,20,50,40")
    outside = stage.get(f"{path}/rendered", viewport="9,9,9999,0,1,1")

    assert np.array_equal(imagecodecs.png_decode(part.content), whole[20:60, 10:60])
    assert imagecodecs.png_decode(small.content).shape[:2] == (20, 25)
    assert outside.status_code == 400


def test_a_viewport_shrinks_and_never_enlarges(stage: Stage) -> None:
    """The picture keeps its shape, and fits."""
    path = stage.instance_of("examples_palette.dcm")
    small = stage.get(f"{path}/rendered", viewport="100,100")
    large = stage.get(f"{path}/rendered", viewport="9000,9000")
    thumbnail = stage.get(f"{path}/thumbnail")

    rows, columns = pixel_array(dropped(stage, "examples_palette.dcm")).shape
    assert max(imagecodecs.jpeg8_decode(small.content).shape[:2]) == 100
    assert imagecodecs.jpeg8_decode(large.content).shape[:2] == (rows, columns)
    assert max(imagecodecs.jpeg8_decode(thumbnail.content).shape[:2]) == 256


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/frames/0", None, 404),
        ("/frames/2", None, 404),
        ("/frames/1,x", None, 400),
        ("/frames/1", "text/html", 406),
        ("/frames/1", 'multipart/related; type="image/jls"', 406),
        ("/frames/1", "nonsense", 400),
        ("/frames/1", "*/*;q=much", 400),
        ("/rendered?viewport=0,0", None, 400),
        ("/rendered?viewport=1e9,1", None, 400),
        ("/rendered?quality=101", None, 400),
        ("/rendered?window=40,0", None, 400),
        ("/rendered?window=nan,1", None, 400),
        ("/rendered", "text/html", 406),
        ("/metadata", "application/dicom+xml", 406),
        ("/bulkdata/99999999", None, 404),
        ("/bulkdata/x", None, 400),
    ],
)
def test_what_cannot_be_meant_is_answered_in_a_sentence(
    stage: Stage, path: str, accept: str | None, status: int
) -> None:
    """4xx, with a reference and without what was said."""
    path, _, query = path.partition("?")
    name, _, value = query.partition("=")
    more = {name: value} if name else {}
    answer = stage.get(stage.instance_of("CT_small.dcm") + path, accept=accept, **more)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"reference", "message"}
    assert answer.json()["message"].endswith(".")


def test_a_report_has_no_picture(stage: Stage) -> None:
    """It says so, in words."""
    for path in ("/frames/1", "/rendered", "/thumbnail"):
        answer = stage.get(stage.instance_of("test-SR.dcm") + path)
        assert (answer.status_code, answer.json()["message"]) == (406, "It holds no picture.")


def test_originals_leave_byte_for_byte_with_a_session_only(stage: Stage) -> None:
    """A viewer's address gives no files."""
    path = stage.instance_of("JPEG2000.dcm")
    assert stage.with_cookie(path).content == stage.content_of("JPEG2000.dcm")
    assert stage.get(path).status_code == 404


def test_a_client_of_others_reads_it(stage: Stage) -> None:
    """dicomweb-client searches, reads metadata, and gets frames that pydicom decodes."""
    client = DICOMwebClient(f"{stage.viewer}/v/{stage.viewing}/dicomweb/me")
    (found,) = client.search_for_studies(search_filters={"PatientName": "muller*"})
    series = f"{stage.slices}.1"
    metadata = client.retrieve_series_metadata(stage.slices, series)
    frames = client.retrieve_instance_frames(stage.slices, series, f"{series}.5", [1])

    assert found["0020000D"]["Value"] == [stage.slices]
    assert [one["00200013"]["Value"] for one in metadata] == [[1], [2], [3], [4], [5]]
    assert {one["00083002"]["Value"][0] for one in metadata} == {FAST}
    wanted = pixel_array(dcmread(BytesIO(stage.slice_of(5))))
    assert np.array_equal(imagecodecs.jpeg2k_decode(frames[0]), wanted)
    assert found["00100020"]["Value"] == [PATIENT]


def test_a_flipped_byte_is_never_shown(stage: Stage, received: Received) -> None:
    """Neither as a frame nor drawn; and once the copy is whole again, it is served again."""
    path, store = stage.instance_of("CT_small.dcm"), received.storage
    query = "SELECT bucket, key FROM catalogue.settlement WHERE sop_uid = %s AND site = %s"
    with received.owner.transaction() as connection:
        (row,) = connection.execute(query, (path.rpartition("/")[2], stage.north)).fetchall()
    with store.open(row["bucket"], row["key"]) as file:
        sound = file.read()
    asked = [(f"{path}/frames/1", None), (f"{path}/rendered", "77,77")]

    store.put(row["bucket"], row["key"], sound[:-50] + bytes([sound[-50] ^ 1]) + sound[-49:])
    for url, viewport in asked:
        assert stage.get(url, **{"viewport": viewport} if viewport else {}).status_code == 503
    store.put(row["bucket"], row["key"], sound)
    for url, viewport in asked:
        assert stage.get(url, **{"viewport": viewport} if viewport else {}).status_code == 200
