"""Files as hospitals really send them, made here: small, and odd in one way each."""

from io import BytesIO

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian


def ct(number: int, *, patient: str = "P1", study: str = "1.2.3", without: str = "") -> bytes:
    """Return a CT slice of 8 by 8 pixels, each `number` its own; `without` one attribute."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"1.2.3.4.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
    ds.Modality, ds.PatientID, ds.InstanceNumber = "CT", patient, number
    ds.Rows = ds.Columns = 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.PixelData = np.full(64, number, dtype="<u2").tobytes()
    if without:
        del ds[without]
    out = BytesIO()
    ds.save_as(out, enforce_file_format=without != "SOPInstanceUID")
    return out.getvalue() if without != "SOPInstanceUID" else bytes(128) + b"DICM" + out.getvalue()


def spelled(content: bytes, uid: bytes, otherwise: bytes) -> bytes:
    """Return `content` with a UID spelled otherwise: as long, so that no length has to change."""
    assert len(uid) == len(otherwise)
    assert uid in content
    return content.replace(uid, otherwise)


WHOLE = ct(1)
# What became of each: `instance`, or the reason for its quarantine.
ODD = {
    "whole.dcm": (WHOLE, "instance"),
    "empty.dcm": (b"", "empty"),
    "cut.dcm": (ct(2)[:-40], "truncated"),
    "cut in the header.dcm": (ct(3)[:300], "truncated"),
    "holiday.jpg": (ct(4), "instance"),
    "no extension": (ct(5), "instance"),
    "no preamble.dcm": (ct(6)[132:], "instance"),
    "letter.pdf": (b"%PDF-1.7\n" + bytes(2000), "not-dicom"),
    "program.dcm": (b"MZ" + ct(7)[2:], "executable-preamble"),
    "note.txt": ("Grüße aus der Radiologie\n".encode(), "not-dicom"),
    "list.json": (b'{"resourceType": "Observation"}', "not-a-roster"),
    "no study.dcm": (ct(8, without="StudyInstanceUID"), "uid-missing"),
    "no series.dcm": (ct(9, without="SeriesInstanceUID"), "uid-missing"),
    "letters in the uid.dcm": (spelled(ct(10), b"1.2.3.1", b"1.2.x.1"), "uid-malformed"),
    "a path in the uid.dcm": (spelled(ct(11), b"1.2.3.1", b"../../a"), "uid-malformed"),
    "no patient.dcm": (ct(12, study="1.2.12", without="PatientID"), "instance"),
    "first patient.dcm": (ct(13, study="1.2.13", patient="A"), "instance"),
    "second patient.dcm": (ct(14, study="1.2.13", patient="B"), "instance"),
    "a b+c%20%2F.dcm": (ct(15), "instance"),
    "Äußerung/日本/😀.dcm": (ct(16), "instance"),
    "a?b&c=d#e;f'g\"h.dcm": (ct(17), "instance"),
}
