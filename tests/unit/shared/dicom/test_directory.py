"""shared.dicom.directory: what a disc's table of contents says is on it."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from struct import pack
from warnings import catch_warnings, simplefilter

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian

from shared.dicom import Limits, NotDicom, TooBig, walk
from shared.dicom.directory import referenced
from tests.unit.shared.dicom.files import element, item, part10

UIDS = {"StudyDate": "20230504", "StudyTime": "1200", "StudyID": "1", "PatientID": "4711"}


def report(study: str, number: int) -> Dataset:
    """Make what a disc may hold beside pictures."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = ComprehensiveSRStorage, f"{study}.1.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
    dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = "SR", 1, number
    dataset.PatientName = "Synthetic^Case"
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.ContentDate, dataset.ContentTime = "20230504", "1200"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99X", "x"
    dataset.ConceptNameCodeSequence = [code]
    for keyword, value in UIDS.items():
        setattr(dataset, keyword, value)
    return dataset


@contextmanager
def tidied() -> Iterator[None]:
    """Collect what pydicom leaves to the garbage collector: its temporary folders."""
    with catch_warnings():
        simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def disc(folder: Path, *instances: Dataset) -> bytes:
    """Return the DICOMDIR that pydicom writes for `instances`."""
    with tidied():
        made = FileSet()
        for each in instances:
            made.add(each)
        made.write(folder)
        del made
    return (folder / "DICOMDIR").read_bytes()


def contents(content: bytes, limits: Limits | None = None) -> dict[str, set[str]]:
    file = BytesIO(content)
    return referenced(file, walk(file), limits or Limits())


def test_every_study_has_its_instances(tmp_path: Path) -> None:
    """Two studies of one patient, reports as well as pictures would be."""
    content = disc(tmp_path, *(report("1.2", n) for n in range(3)), report("1.3", 1))
    assert contents(content) == {"1.2": {f"1.2.1.{n}" for n in range(3)}, "1.3": {"1.3.1.1"}}


def test_pydicom_reads_the_same(tmp_path: Path) -> None:
    """The other reader is not ours."""
    content = disc(tmp_path, *(report("1.2", n) for n in range(5)))
    with tidied():
        theirs = {one.SOPInstanceUID for one in FileSet(tmp_path / "DICOMDIR")}
    assert contents(content) == {"1.2": theirs}


def records(*made: Callable[[int], bytes], first: int | None = None) -> bytes:
    """Return a DICOMDIR of records, each made when it is known where the next one begins."""
    head = len(part10(element(0x00041200, b"UL", bytes(4)))) + 12
    items, at = b"", head
    for make in made:
        size = len(item(make(0)))
        items += item(make(at + size))
        at += size
    start = head if first is None else first
    return part10(element(0x00041200, b"UL", pack("<L", start)) + element(0x00041220, b"SQ", items))


def study(lower: int | None, *, follows: int = 0, used: int = 0xFFFF) -> Callable[[int], bytes]:
    def make(after: int) -> bytes:
        below = after if lower is None else lower
        return (
            element(0x00041400, b"UL", pack("<L", follows))
            + element(0x00041410, b"US", pack("<H", used))
            + element(0x00041420, b"UL", pack("<L", below))
            + element(0x00041430, b"CS", b"STUDY ")
            + element(0x0020000D, b"UI", b"1.2\0")
        )

    return make


def image(sop: bytes, *, last: bool = False) -> Callable[[int], bytes]:
    def make(after: int) -> bytes:
        return (
            element(0x00041400, b"UL", pack("<L", 0 if last else after))
            + element(0x00041430, b"CS", b"IMAGE ")
            + element(0x00041511, b"UI", sop)
        )

    return make


ONE = image(b"1.2.3.4\0", last=True)


def test_records_are_followed_by_their_offsets() -> None:
    """One that nothing points to is not on the disc."""
    made = records(study(None), image(b"1.2.3.4\0"), ONE, image(b"1.2.3.9\0", last=True))
    assert contents(made) == {"1.2": {"1.2.3.4"}}


def test_what_is_not_in_use_does_not_count() -> None:
    """Nor what is below it (PS3.3 F.3.2.2)."""
    assert contents(records(study(None, used=0), ONE)) == {}


@pytest.mark.parametrize(
    "made",
    [
        records(study(7), ONE),  # no record begins there
        records(study(None), ONE, first=3),
        records(study(None, follows=records(study(None)).index(b"\xfe\xff\x00\xe0")), ONE),
        part10(element(0x00041200, b"UL", bytes(4))),
        part10(element(0x00041220, b"LO", b"none")),
    ],
    ids=["no-record", "no-root", "circle", "no-records", "no-sequence"],
)
def test_records_that_lead_nowhere_or_round_are_refused(made: bytes) -> None:
    """What cannot be followed to its end would be counted too low."""
    with pytest.raises(NotDicom):
        contents(made)


def test_the_limits_hold_here_too() -> None:
    """A directory costs no more than any other file."""
    with pytest.raises(TooBig):
        contents(records(study(None), ONE), Limits(elements=3))
