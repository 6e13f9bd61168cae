"""Whole files: as they were dropped, in Explicit VR Little Endian, and many in one answer."""

from io import BytesIO
from zipfile import ZipFile

import httpx2
import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from tests.integration.portal.dicomweb.conftest import KINDS, Stage
from tests.integration.portal.dicomweb.test_retrieval import parts

KEPT_BIG_ENDIAN = "SC_rgb_expb_16bit.dcm"
LITTLE = "1.2.840.10008.1.2.1"
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@pytest.fixture(scope="module")
def program(stage: Stage) -> str:
    """Return the secret of an address that she made for a viewer of her own."""
    secret, _ = stage.people.address(stage.person)
    return secret


def get(stage: Stage, path: str, accept: str, **more: str) -> httpx2.Response:
    """Ask as she does who is signed in."""
    url = f"{stage.portal}/dicomweb/{stage.north}{path}"
    headers = {"accept": accept, "cookie": stage.cookie, **more}
    return httpx2.get(url, headers=headers, timeout=120)


@pytest.mark.parametrize("name", [name for name in KINDS if name != KEPT_BIG_ENDIAN])
def test_dicom_without_a_transfer_syntax_is_explicit_little_endian(stage: Stage, name: str) -> None:
    """With the very values that were dropped, whatever they were dropped in."""
    answer = get(stage, stage.instance_of(name), "application/dicom")
    found, wanted = dcmread(BytesIO(answer.content)), dcmread(BytesIO(stage.content_of(name)))

    assert answer.headers["content-type"] == f"application/dicom; transfer-syntax={LITTLE}"
    assert found.file_meta.TransferSyntaxUID == LITTLE
    assert found.SOPInstanceUID == wanted.SOPInstanceUID
    assert found.PatientID == wanted.PatientID
    if "PixelData" in wanted:
        assert np.array_equal(pixel_array(found, raw=True), pixel_array(wanted, raw=True))


def test_what_cannot_be_turned_comes_as_it_is(stage: Stage) -> None:
    """It says so; asked for by name it is refused."""
    path = stage.instance_of(KEPT_BIG_ENDIAN)
    answer = get(stage, path, "application/dicom")
    assert answer.headers["content-type"].endswith("=1.2.840.10008.1.2.2")
    assert answer.content == stage.content_of(KEPT_BIG_ENDIAN)
    named = get(stage, path, f"application/dicom; transfer-syntax={LITTLE}")
    assert named.status_code == 406


def test_whoever_takes_anything_gets_what_was_dropped(stage: Stage) -> None:
    """Byte for byte; and who knows it already is told so."""
    path, name = stage.instance_of("JPEG2000.dcm"), "JPEG2000.dcm"
    for accept in ("*/*", "application/dicom; transfer-syntax=*", "application/*;q=0.1, */*"):
        answer = get(stage, path, accept)
        assert answer.content == stage.content_of(name)
    again = get(stage, path, "*/*", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = get(stage, path, "application/dicom; transfer-syntax=1.2.840.10008.1.2")
    assert other.status_code == 406


def test_a_study_comes_in_parts(stage: Stage) -> None:
    """All of it, of a series only that; each part says what it is."""
    found = parts(get(stage, f"/studies/{stage.slices}", AS_STORED))
    wanted = [stage.slice_of(number) for number in range(1, 4)]
    assert [content for _, content in found] == wanted
    one = parts(get(stage, stage.series_of("color-pl.dcm"), AS_STORED))
    assert [content for _, content in one] == [stage.content_of("color-pl.dcm")]
    whole = parts(get(stage, f"/studies/{stage.study}", AS_STORED))
    assert sorted(content for _, content in whole) == sorted(map(stage.content_of, KINDS))


def test_a_study_comes_as_a_zip(stage: Stage) -> None:
    """Of the length that was said, with a directory of it."""
    answer = get(stage, f"/studies/{stage.study}", "application/zip")
    with ZipFile(BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        files = [packed.read(name) for name in packed.namelist() if name != "DICOMDIR"]
        directory = dcmread(BytesIO(packed.read("DICOMDIR")))
    assert len(answer.content) == int(answer.headers["content-length"])
    assert sorted(files) == sorted(map(stage.content_of, KINDS))
    kinds = [record.DirectoryRecordType for record in directory.DirectoryRecordSequence]
    assert (kinds.count("STUDY"), kinds.count("SERIES")) == (1, len(KINDS))


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("", "application/dicom", 406),  # several files are several parts
        ("", "text/html", 406),
        ("", AS_STORED.replace("*", "1.2.840.10008.1.2"), 406),
        (".9", AS_STORED, 404),
        ("/series/1.2.3", AS_STORED, 404),
        ("/series/1.2.3", "application/zip", 404),
    ],
)
def test_what_cannot_be_had(stage: Stage, path: str, accept: str, status: int) -> None:
    """In a sentence, as everywhere."""
    answer = get(stage, f"/studies/{stage.slices}{path}", accept)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"reference", "message"}


def test_a_viewing_gives_no_files(stage: Stage) -> None:
    """Of a study as little as of an instance."""
    for path in (f"/studies/{stage.study}", stage.series_of("CT_small.dcm")):
        for accept in (AS_STORED, "application/zip"):
            assert stage.get(path, accept=accept).status_code == 404


def test_a_client_of_others_takes_a_study(stage: Stage, program: str) -> None:
    """dicomweb-client, by an address in the path, and by a token in a header."""
    by_path = DICOMwebClient(f"{stage.viewer}/v/{program}/dicomweb/me")
    headers = {"Authorization": f"Bearer {program}"}
    by_header = DICOMwebClient(f"{stage.portal}/dicomweb/me", headers=headers)
    for client in (by_path, by_header):
        (found,) = client.search_for_studies(search_filters={"StudyInstanceUID": stage.slices})
        files = client.retrieve_study(found["0020000D"]["Value"][0])
        wanted = [dcmread(BytesIO(stage.slice_of(number))) for number in range(1, 6)]
        assert [one.SOPInstanceUID for one in files] == [one.SOPInstanceUID for one in wanted]
        assert np.array_equal(files[4].pixel_array, wanted[4].pixel_array)
        instances = client.search_for_instances(search_filters={"Modality": "CT"})
        assert {f"{stage.slices}.1.5"} < {one["00080018"]["Value"][0] for one in instances}


def test_a_header_that_is_known_is_not_sent_again(stage: Stage) -> None:
    """Series and study; whoever asks for it in another coding gets it."""
    for path in (f"/studies/{stage.slices}", f"/studies/{stage.slices}/series/{stage.slices}.1"):
        url = f"{stage.viewer}/v/{stage.viewing}/dicomweb/{stage.north}{path}/metadata"
        first = httpx2.get(url)
        again = httpx2.get(url, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
        other = httpx2.get(
            url, headers={"if-none-match": first.headers["etag"], "accept-encoding": "identity"}
        )
        assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
        assert (other.status_code, other.json()) == (200, first.json())


def test_studies_and_frames_have_small_pictures(stage: Stage) -> None:
    """The first one that there is; a frame's is its own."""
    for path in (f"/studies/{stage.study}/rendered", f"/studies/{stage.slices}/thumbnail"):
        assert stage.get(path).headers["content-type"] == "image/jpeg"
    path = f"{stage.instance_of('emri_small.dcm')}/frames"
    small = [stage.get(f"{path}/{number}/thumbnail").content for number in (1, 10)]
    assert small[0] != small[1]
