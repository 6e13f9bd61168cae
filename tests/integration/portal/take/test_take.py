"""portal.take: everything in one ZIP, what it holds, who may have it, and any range of it."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TypeAlias
from uuid import uuid4
from zipfile import ZipFile

import numpy as np
import pytest
from httpx2 import Response
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian
from starlette.testclient import TestClient

from services.portal.edges import Edges
from services.portal.reading import Hidden
from services.portal.take import freezing, turning
from shared.access import Action
from tests.integration.portal.conftest import credential
from tests.integration.portal.take.conftest import PATIENT, Stage
from tests.received.files import ct_slice, public, relabelled
from tests.take.opening import opened

Browser: TypeAlias = Callable[[str | None], TestClient]


def taken(client: TestClient, path: str, **form: str) -> str:
    """Ask for a take; return the address of its ZIP."""
    answer = client.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"] + "/scans.zip"


def one(client: TestClient, stage: Stage) -> str:
    """Take the first study; return the address of the ZIP."""
    return taken(client, f"/scans/{stage.place}/take")


def signed_in(browser: Browser, stage: Stage) -> TestClient:
    """Return the person's browser."""
    return browser(stage.people.session(stage.person)[0])


def unpacked(answer: Response) -> dict[str, bytes]:
    """Return the files of a ZIP, each compared with its CRC-32."""
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as read:
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


def test_one_scan_is_all_there(browser: Browser, stage: Stage, tmp_path: Path) -> None:
    """The originals byte for byte, a DICOMDIR that names each, digests and log that hold."""
    client = signed_in(browser, stage)
    answer = client.get(one(client, stage))
    assert int(answer.headers["content-length"]) == len(answer.content)
    with ZipFile(BytesIO(answer.content)) as read:
        read.extractall(tmp_path)
    files = unpacked(answer)
    originals = stage.files[stage.sites[0], stage.studies[0]]
    assert sorted(v for k, v in files.items() if k.startswith("DICOM/")) == sorted(originals)
    for each in dcmread(BytesIO(files["DICOMDIR"])).DirectoryRecordSequence:
        if each.DirectoryRecordType in {"IMAGE", "SR DOCUMENT"}:
            told = dcmread(BytesIO(files["/".join(each.ReferencedFileID)]))
            assert told.SOPInstanceUID == each.ReferencedSOPInstanceUIDInFile
    command = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0  # noqa: S603
    digests = {line.split("  ")[0] for line in files["SHA256SUMS"].decode().splitlines()}
    assert {sha256(each).hexdigest() for each in originals} <= digests
    said = subprocess.check_output([sys.executable, tmp_path / "access-log/verify_log.py"])  # noqa: S603
    assert b"As it was written: 1 entries" in said


def test_a_viewer_inside_opens_from_the_disc(
    browser: Browser, stage: Stage, tmp_path: Path
) -> None:
    """In Chromium, from a file and without a network: the first picture is seen, and the last."""
    client = signed_in(browser, stage)
    answer = client.get(one(client, stage))
    with ZipFile(BytesIO(answer.content)) as read:
        read.extractall(tmp_path)
    page = (tmp_path / "index.html").read_text()
    pictures = sorted(each.relative_to(tmp_path) for each in (tmp_path / "viewer").iterdir())
    assert [str(each) for each in pictures] == [f"viewer/{n:08}.jpg" for n in range(1, 4)]
    assert all(str(each) in page for each in pictures)
    assert "open index.html" in (tmp_path / "README.txt").read_text("utf-8-sig")
    assert opened(tmp_path, tmp_path / "viewer.png")
    pictures_gone = tmp_path / "viewer" / "00000003.jpg"
    pictures_gone.unlink()
    assert not opened(tmp_path, tmp_path / "viewer.png")


def test_it_says_in_fhir_what_it_holds(browser: Browser, stage: Stage) -> None:
    """Every reference leads to what lies in the same bundle."""
    client = signed_in(browser, stage)
    files = unpacked(client.get(one(client, stage)))
    entries = json.loads(files["fhir.json"])["entry"]
    kinds = Counter(each["resource"]["resourceType"] for each in entries)
    assert kinds == {"Patient": 1, "ImagingStudy": 1, "DiagnosticReport": 1, "Endpoint": 1}
    here = {each["fullUrl"].partition("/fhir/me/")[2] for each in entries}
    assert set(re.findall('"reference": "([^"]+)"', files["fhir.json"].decode())) <= here
    assert stage.studies[0] in files["fhir.json"].decode()
    assert stage.studies[1] not in files["fhir.json"].decode()


def test_a_changed_log_is_found(browser: Browser, stage: Stage, tmp_path: Path) -> None:
    """By the program that lies beside it."""
    client = signed_in(browser, stage)
    files = unpacked(client.get(one(client, stage)))
    for name in ("access-log.jsonl", "verify_log.py"):
        (tmp_path / name).write_bytes(files[f"access-log/{name}"])
    log = tmp_path / "access-log.jsonl"
    log.write_text(log.read_text().replace("keep-opened", "look-opened"))
    said = subprocess.run(  # noqa: S603
        [sys.executable, tmp_path / "verify_log.py"], capture_output=True, check=False
    )
    assert said.returncode == 1
    assert b"NOT as it was written: entry 1" in said.stdout


def test_all_scans_of_all_hospitals(browser: Browser, stage: Stage) -> None:
    """The same UIDs at two hospitals: both are in it; the page says how much it is."""
    client = signed_in(browser, stage)
    page = client.get("/scans").text
    assert "7 files" in page
    files = unpacked(client.get(taken(client, "/take", whose=str(stage.person))))
    sent = [each for one in stage.files.values() for each in one]
    assert sorted(v for k, v in files.items() if k.startswith("DICOM/")) == sorted(sent)
    assert "Hospital south" in files["README.txt"].decode("utf-8-sig")


def test_it_speaks_the_persons_language(browser: Browser, stage: Stage) -> None:
    """README and pages."""
    client = signed_in(browser, stage)
    client.headers["accept-language"] = "es-MX"
    assert "Descargar todo" in client.get(f"/scans/{stage.place}").text
    address = one(client, stage)
    assert "Su copia está lista" in client.get(address.removesuffix("/scans.zip")).text
    assert "SUS ESTUDIOS" in unpacked(client.get(address))["README.txt"].decode("utf-8-sig")


def test_what_is_not_released_is_not_in_it(browser: Browser, stage: Stage) -> None:
    """The README says that there is more; alone it cannot be taken."""
    hide = "UPDATE catalogue.study SET released_at = NULL WHERE site = %s AND study_uid = %s"
    stage.received.run(hide, stage.sites[0], stage.studies[0])
    client = signed_in(browser, stage)
    assert "Download everything" not in client.get(f"/scans/{stage.place}").text
    assert client.post(f"/scans/{stage.place}/take").status_code == 404
    files = unpacked(client.get(taken(client, "/take", whose=str(stage.person))))
    assert sum(name.startswith("DICOM/") for name in files) == 3
    assert "1 more scan is not in here" in files["README.txt"].decode("utf-8-sig")


def test_every_range_is_what_it_says(browser: Browser, stage: Stage) -> None:
    """Cut anywhere and gone on with, it is the same file; HEAD tells the length."""
    client = signed_in(browser, stage)
    address = one(client, stage)
    whole = client.get(address)
    head = client.head(address)
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["accept-ranges"] == "bytes"
    assert head.content == b""
    random = Random(1)  # noqa: S311  the same each time
    for _ in range(25):
        start, stop = sorted(random.sample(range(len(whole.content)), 2))
        part = client.get(address, headers={"range": f"bytes={start}-{stop - 1}"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole.content)}"
        assert part.content == whole.content[start:stop]
    end = client.get(address, headers={"range": "bytes=-100", "if-range": whole.headers["etag"]})
    assert end.content == whole.content[-100:]
    other = client.get(address, headers={"range": "bytes=-100", "if-range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, len(whole.content))
    beyond = client.get(address, headers={"range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"


@pytest.mark.parametrize("what", ["another", "nobody", "ended", "unclaimed", "expired"])
def test_nobody_else_gets_it(browser: Browser, stage: Stage, what: str) -> None:
    """From the moment on that she may not any more, neither does she; also in the middle of it."""
    secret, session = stage.people.session(stage.person)
    client = browser(secret)
    address = one(client, stage)
    assert client.get(address, headers={"range": "bytes=0-9"}).status_code == 206
    if what == "another":
        client = browser(stage.people.session(stage.people.person())[0])
    elif what == "nobody":
        client = browser(None)
    table, column, which = {
        "ended": ("session SET ended_at", "session", session),
        "unclaimed": ("claim SET ended_at", "claim", stage.claims[0]),
        "expired": ("take SET ends_at", "person", stage.person),
    }.get(what, ("take SET created_at", "person", stage.person))
    ends = f"UPDATE access.{table} = clock_timestamp() WHERE {column} = %s"
    stage.received.run(ends, which)
    for method in ("GET", "HEAD"):
        answer = client.request(method, address, headers={"range": "bytes=10-19"})
        assert answer.status_code == 404
    assert client.get(address.removesuffix("/scans.zip")).status_code in {303, 404}


def test_a_helper_takes_for_the_patient_while_they_help(browser: Browser, stage: Stage) -> None:
    """Their own take, without the patient's log; the patient's take is not theirs."""
    lucia = stage.people.person()
    helper = stage.people.helper(stage.person, lucia, "see")
    theirs = one(signed_in(browser, stage), stage)
    client = browser(stage.people.session(lucia)[0])
    assert client.get(theirs).status_code == 404
    address = taken(client, "/take", whose=str(stage.person))
    assert not [name for name in unpacked(client.get(address)) if name.startswith("access-log")]
    end = "UPDATE access.helper SET ended_at = clock_timestamp() WHERE helper = %s"
    stage.received.run(end, helper)
    assert client.get(address).status_code == 404


def test_a_stranger_takes_nothing(browser: Browser, stage: Stage) -> None:
    """And that they tried stands in the record's log."""
    client = browser(stage.people.session(stage.people.person())[0])
    assert client.post(f"/scans/{stage.place}/take").status_code == 404
    assert client.post("/take", data={"whose": str(stage.person)}).status_code == 404
    record = stage.people.record(stage.sites[0], "P-1")
    query = "SELECT action, because FROM access.entry WHERE record = %s"
    assert [tuple(row.values()) for row in stage.received.rows(query, record)] == [
        ("refused", "not-yours")
    ]


def test_all_or_nothing(edges: Edges, stage: Stage) -> None:
    """Where one study of several is refused, none is opened, and only the refusal is logged."""
    secret, _ = stage.people.session(stage.person)
    foreign = Stage.of(stage.received)
    studies = [(stage.sites[0], stage.studies[0]), (foreign.sites[0], foreign.studies[0])]
    with (
        pytest.raises(Hidden),
        edges.reading.all_opened(credential(secret), Action.KEEP, studies),
    ):
        pytest.fail("it was opened")
    query = "SELECT action FROM access.entry WHERE record = %s"
    logs = [
        [
            row["action"]
            for row in each.received.rows(query, each.people.record(each.sites[0], "P-1"))
        ]
        for each in (stage, foreign)
    ]
    assert logs == [[], ["refused"]]


def test_a_download_is_in_the_log_before_it_begins(browser: Browser, stage: Stage) -> None:
    """Once for a quarter of an hour, however many ranges it takes."""
    client = signed_in(browser, stage)
    address = one(client, stage)
    for start in range(0, 500, 100):
        client.get(address, headers={"range": f"bytes={start}-{start + 99}"})
    record = stage.people.record(stage.sites[0], "P-1")
    query = "SELECT action FROM access.entry WHERE record = %s AND action LIKE 'keep%%'"
    assert [row["action"] for row in stage.received.rows(query, record)] == ["keep-opened"]


def test_an_original_of_other_bytes_never_leaves(browser: Browser, stage: Stage) -> None:
    """The download breaks off before them."""
    client = signed_in(browser, stage)
    address = one(client, stage)
    whole = client.get(address).content
    query = "SELECT archive_key FROM catalogue.content WHERE site = %s ORDER BY sop_uid LIMIT 1"
    (row,) = stage.received.rows(query, stage.sites[0])
    with stage.received.storage.open("archive", row["archive_key"]) as file:
        right = file.read()
    wrong = bytes([*right[:-1], right[-1] ^ 1])
    stage.received.storage.put("archive", row["archive_key"], wrong)
    try:
        with pytest.raises(Exception, match=r"s3|already started"):
            client.get(address)
        before = whole.index(right)
        part = client.get(address, headers={"range": f"bytes=0-{before - 1}"})
        assert part.content == whole[:before]
    finally:
        stage.received.storage.put("archive", row["archive_key"], right)


def test_takes_that_have_ended_are_forgotten(browser: Browser, stage: Stage, edges: Edges) -> None:
    """With all that was written for them."""
    client = signed_in(browser, stage)
    one(client, stage)
    stage.received.run("UPDATE access.take SET ends_at = now() WHERE person = %s", stage.person)
    while freezing.forget(edges.database):
        pass
    query = "SELECT take FROM access.take WHERE person = %s"
    assert stage.received.rows(query, stage.person) == []


def test_for_older_software_all_is_in_the_plainest_form(
    edges: Edges, browser: Browser, stage: Stage
) -> None:
    """What is compressed is turned first, and the page says how far; the rest is as it came."""
    site, study = f"old-{uuid4().hex[:8]}", f"{stage.studies[0]}.5"
    stage.received.site(site)
    packed = relabelled(
        public("MR_small_jpeg_ls_lossless.dcm"), PATIENT, study, f"{study}.1", f"{study}.1.1"
    )
    native = ct_slice(study, f"{study}.2", 1, PATIENT)
    stage.received.receive(site, [packed, native])
    stage.received.receipts(site)
    stage.people.claim(stage.person, stage.people.record(site, PATIENT), site)
    client = signed_in(browser, stage)
    asked = client.post(f"/scans/{site}/{study}/take", data={"older": "true"})
    page = asked.headers["location"]
    assert "0 files of 1 file" in client.get(page).text
    assert client.post(page).headers["location"] == page  # not yet
    while turning.turn(edges.database, edges.pictures):
        pass
    assert "Go on to the file" in client.get(page).text
    address = client.post(page).headers["location"] + "/scans.zip"
    answer = client.get(address)
    assert int(answer.headers["content-length"]) == len(answer.content)
    files = unpacked(answer)
    originals = {k: v for k, v in files.items() if k.startswith("DICOM/")}
    assert native in originals.values()
    assert packed not in originals.values()
    turned = [dcmread(BytesIO(each)) for each in originals.values()]
    assert {each.file_meta.TransferSyntaxUID for each in turned} == {ExplicitVRLittleEndian}
    (same,) = (each for each in turned if each.SOPInstanceUID == f"{study}.1.1")
    assert np.array_equal(pixel_array(same), pixel_array(dcmread(BytesIO(packed))))
    records = dcmread(BytesIO(files["DICOMDIR"])).DirectoryRecordSequence
    told = {
        each.ReferencedTransferSyntaxUIDInFile for each in records if "ReferencedFileID" in each
    }
    assert told == {ExplicitVRLittleEndian}
    part = client.get(address, headers={"range": "bytes=1000-9000"})
    assert part.content == answer.content[1000:9001]
    assert browser(None).get(page).status_code == 303
    stage.received.run("UPDATE access.turned SET used_at = now() - interval '10 days'")
    while turning.forget(edges.database, edges.storage):
        pass
    assert not list(stage.received.storage.list("plain"))
    assert "0 files of 1 file" in client.get(page).text
    stranger = browser(stage.people.session(stage.people.person())[0])
    assert stranger.get(page).status_code == stranger.post(page).status_code == 404
