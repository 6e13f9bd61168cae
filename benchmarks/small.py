"""Very many small studies: two instances of 2 KB each, of patients who can all be written to."""

import json
from collections.abc import Iterator
from functools import cache
from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

INSTANCES = 2  # of a study
SIDE = 32  # pixels
FIRST = 1_000_000  # numbers of one length, so that one file is the pattern of all


def files(site: str, studies: range, studies_each: int) -> Iterator[tuple[str, bytes]]:
    """Yield the path within the site's folder and the bytes of each file, patient by patient."""
    for study in studies:
        patient = study // studies_each
        for number in range(1, INSTANCES + 1):
            content = (
                pattern(site, number)
                .replace(numbered(FIRST), numbered(FIRST + study))
                .replace(whose(FIRST), whose(FIRST + patient))
            )
            yield f"{patient:06}/{study:06}/{number}.dcm", content


def numbered(study: int) -> bytes:
    """Return the part of a UID that tells studies apart."""
    return f".{study}.".encode()


def whose(patient: int) -> bytes:
    """Return a Patient ID."""
    return f"P{patient}".encode()


@cache
def pattern(site: str, number: int) -> bytes:
    """Return an instance of the first study of the first patient."""
    study = f"2.25.{int.from_bytes(site.encode())}{numbered(FIRST).decode()}0"
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{study}.1.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
    ds.PatientName, ds.PatientID = "Phantom^Small", whose(FIRST).decode()
    ds.StudyDate, ds.Modality = "20120102", "CT"
    ds.SeriesNumber, ds.InstanceNumber = 1, number
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = bytes(range(256)) * (SIDE * SIDE * 2 // 256)
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def roster(patients: int) -> bytes:
    """Return the patients, each with an address of their own, as a FHIR Bundle."""
    entries = [
        {
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"value": whose(FIRST + patient).decode()}],
                "telecom": [{"system": "email", "value": address(patient)}],
            }
        }
        for patient in range(patients)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def address(patient: int) -> str:
    """Return where a patient is written to."""
    return f"p{patient}@patients.example"
