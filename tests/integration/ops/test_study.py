"""scanpass: a study is dropped, followed, found and traced, with all services running."""

import time
from pathlib import Path
from typing import Any

import pytest

from deploy.local import Services
from shared.db import Database
from tests.integration.ingest.hospital import ct_slice, new_uid
from tests.integration.ops.conftest import Scanpass
from tests.unit.shared.dicom.test_directory import disc, report

DEADLINE = 60.0  # seconds


def folder(tmp_path: Path, study: str, count: int = 3) -> Path:
    """Make a folder of a few slices, a cut one and a text file."""
    made = tmp_path / "study"
    (made / "a b+ü%").mkdir(parents=True)
    for number in range(count):
        (made / "a b+ü%" / f"{number}.dcm").write_bytes(ct_slice(study, number))
    (made / "cut.dcm").write_bytes(ct_slice(study, 99)[:-20])
    (made / "notes.txt").write_text(f"no DICOM {study}")
    return made


def shown(scanpass: Scanpass, study: str, moment: str) -> dict[str, Any]:
    """Wait until `moment` is in the study's life, and return what `study show` says."""
    limit = time.monotonic() + DEADLINE
    before: dict[str, Any] = {"life": []}  # a life is read after its study, and may be newer
    while time.monotonic() < limit:
        done = scanpass("study", "show", study, "--json")
        if done.code == 0:
            found: dict[str, Any] = done.json["studies"][0]
            if moment in {each["what"] for each in before["life"]}:
                return found
            before = found
        time.sleep(0.3)
    pytest.fail(f"the study's life never says: {moment}")


def test_a_disc_completes_by_its_directory(
    scanpass: Scanpass, site: str, services: Services, tmp_path: Path
) -> None:
    """Its DICOMDIR says how much is on it, so that nothing has to be quiet; `show` says both."""
    assert services.ready("index")
    assert scanpass("site", "add", site, "--quiet", "900").code == 0
    study = f"{new_uid()}"
    made = tmp_path / "disc"
    disc(made, *(report(study, number) for number in range(1, 4)))

    done = scanpass(
        *("drop", str(made), "--site", site, "--wait", "--wait-seconds", "60", "--json")
    )
    assert done.json["receipts"] == {"instance": 3, "declaration": 1, "waiting": 0}

    picture = shown(scanpass, study, "available")
    assert (picture["received"], picture["study"]["expected"]) == (3, 3)
    assert (picture["study"]["because"], picture["study"]["completeness"]) == (
        "expected",
        "complete",
    )
    assert "3 of 3 expected" in scanpass("study", "show", study).out
    assert "declaration in archive" in {each["detail"] for each in picture["life"]}


def test_a_study_from_the_folder_to_its_trace(
    scanpass: Scanpass, site: str, services: Services, tmp_path: Path
) -> None:
    """Everything that was dropped is accounted for, and each name for it leads to its life."""
    assert services.ready("index")
    study = new_uid()
    made = folder(tmp_path, study)

    done = scanpass(
        *("drop", str(made), "--site", site, "--wait", "--wait-seconds", "60", "--json")
    )
    assert done.code == 0, done.err + done.out
    assert done.json["uploaded"] == 5
    assert done.json["receipts"] == {"instance": 3, "quarantined": 2, "waiting": 0}

    again = scanpass("drop", str(made), "--site", site, "--wait", "--json")
    assert again.json["uploaded"] == 0
    assert again.json["uploaded_before"] == 5
    assert again.json["receipts"] == done.json["receipts"]

    picture = shown(scanpass, study, "letter waits")
    assert picture["study"]["instance_count"] == 3
    what = [moment["what"] for moment in picture["life"]]
    assert what.index("dropped") < what.index("filed") < what.index("available")
    assert {"received", "transcoded", "released", "letter waits"} <= set(what)

    found = scanpass("find", "synth", "--site", site, "--json").json["studies"]
    assert [each["study_uid"] for each in found] == [study]

    reference = picture["study"]["reference"]
    for said in (reference, reference.lower().replace("-", " "), study, f"{study}.1"):
        told = scanpass("trace", said, "--json").json["found"]
        assert study in [each["study_uid"] for each in told], said
    (one,) = scanpass("trace", f"{study}.1.1", "--json").json["found"]
    assert one["sha256"]
    assert scanpass("trace", one["sha256"], "--json").json["found"] == [one]
    assert "DOE" not in scanpass("trace", study).out


def test_a_digests_reference_leads_to_its_studies(
    scanpass: Scanpass, site: str, services: Services, database: Database, tmp_path: Path
) -> None:
    """Who calls reads it out; the trace names each study, and a study's own names the letter."""
    assert services.ready("notify")
    studies = {new_uid(), new_uid()}
    for study in studies:
        folder(tmp_path / study, study, 1)
        words = ("--site", site, "--backfill", "--wait", "--wait-seconds", "60")
        assert scanpass("drop", str(tmp_path / study), *words).code == 0
    for study in studies:
        life = shown(scanpass, study, "letter waits")["life"]
        assert "studies released" in [each["detail"] for each in life]

    with database.transaction() as connection:
        query = "SELECT delivery, reference FROM notify.delivery WHERE site = %s"
        (letter,) = connection.execute(query, (site,)).fetchall()
    (told,) = scanpass("trace", letter["reference"].lower(), "--json").json["found"]
    assert told["digest"] == str(letter["delivery"])
    added = [each["detail"] for each in told["life"] if each["what"] == "study added"]
    assert {each.split(",")[0] for each in added} == studies
    reference = added[0].split()[-1]
    assert scanpass("trace", reference, "--json").json["found"][0]["study_uid"] in studies


def test_who_waits_is_the_first_line(
    scanpass: Scanpass, site: str, services: Services, tmp_path: Path
) -> None:
    """A released study without an address on file is somebody who waits."""
    assert services.ready("notify")
    study = new_uid()
    made = tmp_path / "one.dcm"
    made.write_bytes(ct_slice(study, 1))
    assert scanpass("drop", str(made), "--site", site, "--wait").code == 0
    picture = shown(scanpass, study, "available")

    limit = time.monotonic() + DEADLINE
    while time.monotonic() < limit:
        status = scanpass("status", "--json").json
        mine = [each for each in status["waits"] if each["who"] == picture["study"]["record"]]
        if mine:
            break
        time.sleep(0.3)

    assert [each["why"] for each in mine] == ["no address on file"]
    first = scanpass("status").out.splitlines()[0]
    assert "wait" in first
    assert "no address on file" in first
    drop = {each["site"]: each for each in status["drop"]}
    assert drop[site]["pending"] == 0


def test_what_was_quarantined_is_shown_and_decided(
    scanpass: Scanpass, site: str, services: Services, tmp_path: Path
) -> None:
    """In plain English, with the place of the bytes; a release goes through ingest."""
    assert services.ready("ingest")
    study = new_uid()
    made = tmp_path / "cut.dcm"
    made.write_bytes(ct_slice(study, 1)[:-20])
    assert scanpass("drop", str(made), "--site", site, "--wait").code == 0

    (row,) = scanpass("quarantine", "list", "--site", site, "--json").json["quarantine"]
    (one,) = scanpass("quarantine", "show", row["reference"], "--json").json["quarantine"]
    assert one["reason"] == "truncated"
    assert "cut on its way" in one["meaning"]
    assert one["bytes_at"] == f"s3://quarantine/{row['key']}"
    assert one["releasable"]

    assert scanpass("quarantine", "release", row["sha256"], "--as", "kim").code == 0
    picture = shown(scanpass, study, "available")
    assert picture["study"]["instance_count"] == 1
    (moment,) = [
        each
        for each in scanpass("trace", row["sha256"], "--json").json["found"][0]["life"]
        if each["what"] == "decided"
    ]
    assert moment["detail"] == "released by kim"
    assert scanpass("quarantine", "reject", row["sha256"]).code == 1  # decided already


def test_what_lies_under_no_known_site_is_shown(
    scanpass: Scanpass, site: str, services: Services, tmp_path: Path
) -> None:
    """Dropping for a site that nobody made known is refused before anything is sent."""
    assert services.ready("ingest")
    (tmp_path / "a.dcm").write_bytes(b"x")
    done = scanpass("drop", "a.dcm", "--site", f"{site}x")
    assert done.code == 1
    assert f"scanpass site add {site}x" in done.err


def test_a_drop_goes_on_where_it_stopped(scanpass: Scanpass, site: str, tmp_path: Path) -> None:
    """Only what is new is sent; a folder with a link and an unreadable name is told of."""
    made = tmp_path / "many"
    made.mkdir()
    for number in range(20):
        (made / f"{number}.bin").write_bytes(bytes([number]) * 100)
    (made / "link").symlink_to(made / "0.bin")
    assert scanpass("drop", "many", "--site", site, "--json").json["uploaded"] == 20
    (made / "3.bin").write_bytes(b"changed")
    (made / "20.bin").write_bytes(b"new")

    done = scanpass("drop", "many", "--site", site, "--json")

    assert done.json["uploaded"] == 2
    assert done.json["uploaded_before"] == 19
    assert [Path(each).name for each in done.json["passed_over"]] == ["link"]
