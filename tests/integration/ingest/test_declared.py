"""What is to come, on the real servers: kept, receipted study by study, told, told again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import Services
from services.ingest.reconcile import reconcile
from shared.db import Database
from shared.events import Event, ObjectQuarantined, StudyDeclared
from tests.integration.ingest.hospital import Ears, Hospital, new_uid
from tests.unit.shared.dicom.test_directory import disc, report


@pytest.fixture(scope="module", autouse=True)
def ingest(start: Callable[..., Services]) -> Services:
    """Run ingest with short waits, and without looking for receipts that nobody filed."""
    return start()


@pytest.fixture
def tables(environment: Callable[[str], dict[str, str]]) -> Iterator[Callable[[str], Database]]:
    """Open the database as anybody."""
    opened = []

    def of(name: str) -> Database:
        opened.append(Database(environment(name)["SCANPASS_DATABASE_URL"], name="test"))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


def manifest(*studies: str) -> bytes:
    told = [{"study_uid": uid, "instances": number} for number, uid in enumerate(studies, 1)]
    return json.dumps({"version": 1, "studies": told}).encode()


def test_a_manifest_is_archived_and_told(hospital: Hospital, ears: Ears) -> None:
    """An event and a receipt for each of its studies; the drop is empty."""
    studies = [new_uid(), new_uid()]
    digest = hospital.drop("Müller, Zoë/_COMPLETE.json", manifest(*studies))
    hospital.drained()

    events: list[StudyDeclared] = ears.hear(hospital.site, StudyDeclared, 2)
    assert {event.study_uid: event.instances for event in events} == dict(
        zip(studies, (1, 2), strict=True)
    )
    assert hospital.keys("archive") == {f"{hospital.site}/declarations/{digest}"}
    assert hospital.bytes_of("archive", events[0].object.key) == manifest(*studies)
    receipts = {row["study_uid"]: row for row in hospital.rows("receipt")}
    assert set(receipts) == set(studies)
    assert {row["kind"] for row in receipts.values()} == {"declaration"}


def test_a_directory_is_archived_and_told(hospital: Hospital, ears: Ears, tmp_path: Path) -> None:
    """It is no instance, and nothing to quarantine."""
    study = new_uid()
    digest = hospital.drop("DICOMDIR", disc(tmp_path, *(report(study, n) for n in (1, 2, 3))))
    hospital.drained()

    (event,) = ears.hear(hospital.site, StudyDeclared, 1)
    assert (event.study_uid, event.instances, event.origin) == (study, 3, "dicomdir")
    assert hospital.keys("archive") == {f"{hospital.site}/declarations/{digest}"}
    assert hospital.keys("quarantine") == set()


def test_a_bad_manifest_is_quarantined(hospital: Hospital, ears: Ears) -> None:
    """With its reason."""
    hospital.drop("_COMPLETE.json", b'{"version": 1, "studies": []}')
    hospital.drained()

    (event,) = ears.hear(hospital.site, ObjectQuarantined, 1)
    assert event.reason == "manifest-malformed"


def test_a_declaration_whose_event_was_lost_is_told_again(
    hospital: Hospital, tables: Callable[[str], Database]
) -> None:
    """Only the study that nobody filed, though the same file tells of another that was."""
    filed, lost = new_uid(), new_uid()
    hospital.drop("_COMPLETE.json", manifest(filed, lost))
    hospital.drained()
    with tables("owner").transaction() as connection:
        connection.execute(
            """INSERT INTO catalogue.declaration
            SELECT site, study_uid, sha256, 'manifest', 1, now() FROM ingest.receipt
            WHERE site = %s AND study_uid = %s""",
            (hospital.site, filed),
        )
    told: list[Event] = []

    while reconcile(tables("ingest"), told.extend, 0):
        pass

    again = [event for event in told if event.site == hospital.site]
    assert [event.entity for event in again] == [lost]
    receipts = {row["study_uid"]: row["filed_at"] for row in hospital.rows("receipt")}
    assert receipts[filed] is not None
    assert receipts[lost] is None
