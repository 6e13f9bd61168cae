"""The one instance of the canary's study: always the same bytes."""

from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from shared.canary import PATIENT_ID, STUDY_UID

SIDE = 64  # pixels


def instance() -> bytes:
    """Return a grey wedge as a CT image of a patient who does not exist."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationVersionName = "SCANPASS"  # not pydicom's, which changes with it
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{STUDY_UID}.1.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY_UID, f"{STUDY_UID}.1"
    ds.Modality, ds.InstanceNumber, ds.StudyDescription = "CT", 1, "Canary"
    ds.PatientID, ds.PatientName, ds.StudyDate = PATIENT_ID, "Canary^Scanpass", "20000101"
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    wedge = (64 * (row + column) % 4096 for row in range(SIDE) for column in range(SIDE))
    ds.PixelData = b"".join(value.to_bytes(2, "little") for value in wedge)
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()
