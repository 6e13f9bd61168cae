"""An archive on the real servers: unpacked, received file by file, kept, and only then let go."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.local import Services
from shared.events import InstanceStored, ObjectUnpacked, StudyDeclared
from tests.integration.ingest.hospital import Ears, Hospital, new_uid, until
from tests.unit.ingest import zips
from tests.unit.shared.dicom.files import ct_slice
from tests.unit.shared.dicom.test_directory import disc, report

SLICES = 30


@pytest.fixture(scope="module", autouse=True)
def ingest(start: Callable[..., Services]) -> Services:
    """Run ingest with short waits, and without looking for receipts that nobody filed."""
    return start()


def compact_disc(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """Return a ZIP file like those made of a CD, and the DICOM files in it."""
    study, listed = new_uid(), new_uid()
    slices = {
        f"DICOM/IM{number:06}": ct_slice(StudyInstanceUID=study, SOPInstanceUID=new_uid())
        for number in range(SLICES)
    }
    ours = {"DICOMDIR": disc(folder, report(listed, 1))} | slices
    return zips.zipped(zips.FOREIGN | ours), ours


def test_a_disc_comes_in_file_by_file(hospital: Hospital, ears: Ears, tmp_path: Path) -> None:
    """The DICOM files and the archive are kept byte for byte; its viewer is only counted."""
    content, ours = compact_disc(tmp_path)
    hospital.drop("Doe, Jane.zip", content)
    hospital.drained()

    assert hospital.archived() == {sha256(one).hexdigest() for one in (content, *ours.values())}
    (event,) = ears.hear(hospital.site, ObjectUnpacked, 1)
    assert (event.members, event.foreign) == (len(ours), len(zips.FOREIGN))
    assert len(ears.hear(hospital.site, InstanceStored, SLICES)) == SLICES
    assert len(ears.hear(hospital.site, StudyDeclared, 1)) == 1
    assert hospital.keys("quarantine") == set()
    assert "Jane" not in event.model_dump_json()


def test_killed_in_the_middle_it_is_the_same(
    hospital: Hospital, ingest: Services, tmp_path: Path
) -> None:
    """A receipt for each file, and no file twice."""
    content, ours = compact_disc(tmp_path)
    hospital.drop("disc.zip", content)
    until(lambda: any("/.unpacked/" in key for key in hospital.keys("drop")), "nothing unpacked")
    ingest.kill("ingest")
    hospital.drained()

    assert hospital.archived() == {sha256(one).hexdigest() for one in (content, *ours.values())}
    kinds = [row["kind"] for row in hospital.rows("receipt")]
    counted = {kind: kinds.count(kind) for kind in kinds}
    assert counted == {"instance": SLICES, "declaration": 1, "archive": 1}
