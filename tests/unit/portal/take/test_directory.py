"""portal.take.directory: a DICOMDIR that DCMTK and pydicom read, and that refers to every file."""

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread, fileset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.fileset import FileSet

from services.portal.take import describing
from services.portal.take.directory import File, dicomdir
from services.portal.take.record_types import DOCUMENTS, TYPES, record_type
from shared.dicom import walk
from shared.dicom.directory import referenced
from tests.received.files import ct_slice

UID = "2.25.4711"
CT, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.11"
EXPLICIT = "1.2.840.10008.1.2.1"


def file(number: int, sop_class: str = CT, **elements: dict[str, Any]) -> File:
    """Return a file with the header that only has `elements`, by names `t00100010`."""
    header = {name[1:]: element for name, element in elements.items()}
    header.setdefault("00100020", {"vr": "LO", "Value": ["P-1"]})
    header.setdefault("0020000D", {"vr": "UI", "Value": ["1.2"]})
    header.setdefault("0020000E", {"vr": "UI", "Value": ["1.2.3"]})
    return File(f"DICOM/{number:08}", sop_class, f"1.2.3.{number}", EXPLICIT, header)


def told(vr: str, *values: object) -> dict[str, Any]:
    """Return an element of DICOM JSON."""
    return {"vr": vr, "Value": list(values)}


def read(files: list[File]) -> FileDataset:
    """Return the DICOMDIR of `files`, as pydicom reads it."""
    return dcmread(BytesIO(dicomdir(files, UID)))


def of_type(directory: FileDataset, kind: str) -> list[Dataset]:
    """Return its records of a type."""
    return [each for each in directory.DirectoryRecordSequence if each.DirectoryRecordType == kind]


def test_every_file_is_found_by_the_offsets(tmp_path: Path) -> None:
    """Two patients, three studies: pydicom's file-set follows them to every file."""
    files, where = [], {}
    for number, (patient, study, series) in enumerate(
        [("A", 1, 1), ("A", 1, 1), ("A", 1, 2), ("A", 2, 1), ("B", 3, 1), ("B", 3, 1)], 1
    ):
        uid = f"1.2.{study}.{series}"
        content = ct_slice(f"1.2.{study}", uid, number, patient)
        ds = dcmread(BytesIO(content))
        path = f"DICOM/{study:08}/{series:08}/{number:08}"
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
        header = ds.to_json_dict()
        header.pop("7FE00010")
        files.append(File(path, CT, ds.SOPInstanceUID, EXPLICIT, header))
        where[ds.SOPInstanceUID] = path
    (tmp_path / "DICOMDIR").write_bytes(dicomdir(files, UID))
    found = FileSet(tmp_path / "DICOMDIR")
    assert {each.SOPInstanceUID: Path(each.path).relative_to(tmp_path).as_posix() for each in found}
    assert len(found) == len(files)
    for each in found:
        assert each.load().SOPInstanceUID == each.SOPInstanceUID
        assert Path(each.path) == tmp_path / where[each.SOPInstanceUID]
    assert str(found.find(PatientID="A")[0].PatientName) == "Müller^Zoë"
    assert [len(found.find(PatientID=each)) for each in "AB"] == [4, 2]
    found._stage["t"].cleanup()  # noqa: SLF001  it would warn when it is collected


def test_our_own_door_reads_it() -> None:
    """As what is to come of each study: by it another Scanpass knows when all is there."""
    files = [file(1), file(2), file(3, SR, t0020000D=told("UI", "1.9"))]
    content = BytesIO(dicomdir(files, UID))
    found = referenced(content, walk(content))
    assert found == {"1.2": {"1.2.3.1", "1.2.3.2"}, "1.9": {"1.2.3.3"}}


def test_dcmtk_reads_it(tmp_path: Path) -> None:
    """Program dcmdump finds a DICOMDIR, with a record for each file, and warns of nothing."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(dicomdir([file(1), file(2), file(3, SR)], UID))
    command = ["dcmdump", "--verbose", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert [said.stdout.count(f"CS [{kind}]") for kind in ("IMAGE", "SR DOCUMENT")] == [2, 1]
    assert "W: " not in said.stderr
    assert "E: " not in said.stderr


def test_gaps_are_filled_and_what_is_there_is_kept() -> None:
    """Type 1 never is empty; type 2 may be."""
    files = [file(1), file(2, t00200013=told("IS", 17)), file(3, t00080020=told("DA", "20230504"))]
    directory = read(files)
    (study,) = of_type(directory, "STUDY")
    assert (study.StudyDate, study.StudyTime, study.StudyID) == ("19000101", "000000", "1")
    assert study.StudyDescription == ""
    assert [each.InstanceNumber for each in of_type(directory, "IMAGE")] == [1, 17, 3]


@pytest.mark.parametrize("day", ["2023-05-04", "", None, 7, "99999999x"])
def test_a_value_that_cannot_stand_there_is_a_gap(day: object) -> None:
    """It would make the whole directory unreadable for some."""
    (study,) = of_type(read([file(1, t00080020=told("DA", day))]), "STUDY")
    assert study.StudyDate == "19000101"


def test_names_keep_all_their_letters() -> None:
    """And their groups; what is too long for a record is cut in the record only."""
    name = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}
    (patient,) = of_type(
        read([file(1, t00100010=told("PN", name), t00081030=told("LO", "ä" * 80))]), "PATIENT"
    )
    assert patient.PatientName == "Yamada^Tarou=山田^太郎"
    (study,) = of_type(read([file(1, t00081030=told("LO", "ä" * 80))]), "STUDY")
    assert study.StudyDescription == "ä" * 64


def test_one_instance_stands_there_once() -> None:
    """The same SOP Instance UID from two hospitals: the first."""
    assert len(of_type(read([file(1), file(1), file(2)]), "IMAGE")) == 2


def test_every_type_can_be_written() -> None:
    """Of a file that tells nothing of itself, with no element of type 1 missing or empty."""
    for kind, uids in DOCUMENTS.items():
        sop_class = next(uid for uid, known in TYPES.items() if known == kind)
        (record,) = of_type(read([file(1, sop_class)]), kind)
        assert record.ReferencedSOPClassUIDInFile == sop_class
        for key in describing.FILES[kind]:
            if key.fill:  # type 1
                assert record[key.tag].VM, (kind, key)
        assert uids


def test_types_are_as_pydicom_has_them() -> None:
    """Its own table, written by others, says the same of every SOP Class that it has."""
    theirs = fileset._FOUR_LEVEL_SOP_CLASSES  # noqa: SLF001  it is told of nowhere else
    known = {uid: kind for uid, kind in theirs.items() if uid != "1.2.840.10008.5.1.4.1.1.78.8"}
    assert {uid: record_type(uid) for uid in known} == known
    assert record_type(CT) == "IMAGE"


def test_what_is_unknown_and_no_picture_is_private() -> None:
    """A vendor's own SOP Class; with rows and columns it is an image."""
    (private,) = of_type(read([file(1, "1.3.12.2.1107.5.9.1")]), "PRIVATE")
    assert private.PrivateRecordUID
    rows = told("US", 64)
    assert of_type(read([file(1, "1.3.12.2.1107.5.9.1", t00280010=rows)]), "IMAGE")


def test_a_report_keeps_what_it_is_called() -> None:
    """Sequences are written too: Concept Name Code Sequence of a real report."""
    path = get_testdata_file("test-SR.dcm")
    ds = dcmread(str(path))
    one = File("DICOM/00000001", ds.SOPClassUID, ds.SOPInstanceUID, EXPLICIT, ds.to_json_dict())
    (record,) = of_type(read([one]), "SR DOCUMENT")
    assert record.ConceptNameCodeSequence == ds.ConceptNameCodeSequence
    assert (record.CompletionFlag, record.VerificationFlag) == ("COMPLETE", "VERIFIED")
