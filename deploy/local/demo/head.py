"""The head MRI: a NIfTI volume as an MR series (PS3.3 A.4). Pure, the same bytes each time."""

from collections.abc import Iterator
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from deploy.local.demo.nifti import Volume

PATIENT_ID = "HS-0204417"
PATIENT_NAME = "Quintero^María"
PATIENT_BIRTH_DATE = "19680312"
ACCESSION_NUMBER = "HS24-118203"
BITS_STORED = 12


class OtherAxes(ValueError):
    """The volume's axes are not right, front and up, so its slices are not axial."""


def uid(name: str) -> UID:
    """Return the UID that `name` always gets, under the root for UUIDs (PS3.5 B.2)."""
    return UID(f"2.25.{uuid5(NAMESPACE_URL, f'https://scanpass.example/demo/{name}').int}")


def series(volume: Volume) -> Iterator[bytes]:
    """Yield one Part 10 file a slice, feet to head.

    Raises:
        OtherAxes: the voxels would have to be turned.

    """
    steps = np.diag(volume.affine[:, :3])
    if np.any(volume.affine[:, :3] != np.diag(steps)) or np.any(steps <= 0):
        msg = "axes are not right, front, up"
        raise OtherAxes(msg)
    columns, rows, slices = volume.voxels.shape
    # DICOM's x goes to the left and its y to the back (PS3.3 C.7.6.2.1.1): both are turned.
    last = volume.affine @ np.array([columns - 1, rows - 1, 0, 1])
    for number in range(slices):
        frame = volume.voxels[::-1, ::-1, number].T
        z = volume.affine[2, 3] + number * steps[2]
        yield part10(frame, number + 1, (-last[0], -last[1], z), (steps[0], steps[1], steps[2]))


def part10(
    frame: npt.NDArray[np.integer],
    number: int,
    position: tuple[float, float, float],
    spacing: tuple[float, float, float],
) -> bytes:
    """Return slice `number` (from 1) as a file; `position` and `spacing` in mm, x, y, z."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = MRImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = uid(f"head/{number}")
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = uid("writer")
    ds.file_meta.ImplementationVersionName = "SCANPASS_DEMO"
    describe_study(ds)
    describe_series(ds, spacing[2])
    ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, uid(f"head/{number}")
    ds.InstanceNumber, ds.AcquisitionNumber = number, 1
    ds.ImagePositionPatient = [decimal(value) for value in position]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.SliceLocation = decimal(position[2])
    ds.PixelSpacing = [decimal(spacing[1]), decimal(spacing[0])]  # rows first
    describe_pixels(ds, frame)
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def describe_study(ds: Dataset) -> None:
    """Say whose study it is, and when it was made: PS3.3 C.7.1.1, C.7.2.1."""
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID = PATIENT_NAME, PATIENT_ID
    ds.PatientBirthDate, ds.PatientSex = PATIENT_BIRTH_DATE, "F"
    ds.StudyInstanceUID, ds.StudyID = uid("head"), "118203"
    ds.StudyDate, ds.StudyTime = "20241118", "093214"
    ds.AccessionNumber = ACCESSION_NUMBER
    ds.ReferringPhysicianName = "Salgado^Inés^^Dra."
    ds.StudyDescription = "RM de cráneo"


def describe_series(ds: Dataset, thickness: float) -> None:
    """Say how it was scanned: PS3.3 C.7.3.1, C.7.4.1, C.7.5.1, C.8.3.1."""
    ds.SeriesInstanceUID, ds.SeriesNumber, ds.Modality = uid("head/series"), 1, "MR"
    ds.SeriesDate, ds.SeriesTime = "20241118", "093402"
    ds.SeriesDescription, ds.ProtocolName = "T1 3D axial", "T1 3D"
    ds.BodyPartExamined, ds.PatientPosition = "HEAD", "HFS"
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = uid("head/frame"), ""
    ds.Manufacturer, ds.ManufacturerModelName = "Scanpass", "Demo volume"
    ds.InstitutionName = "Hospital del Sur"
    ds.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "GR", ["SP", "MP"], ""
    ds.MRAcquisitionType = "3D"
    ds.RepetitionTime, ds.EchoTime, ds.FlipAngle = "18", "10", "30"
    ds.EchoTrainLength, ds.MagneticFieldStrength = 1, "1.5"
    ds.SliceThickness = ds.SpacingBetweenSlices = decimal(thickness)


def describe_pixels(ds: Dataset, frame: npt.NDArray[np.integer]) -> None:
    """Put in the values as they are in the volume: PS3.3 C.7.6.3, C.11.2."""
    ds.Rows, ds.Columns = frame.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, BITS_STORED, BITS_STORED - 1
    ds.PixelRepresentation = 0
    ds.WindowCenter, ds.WindowWidth = "100", "180"
    ds.PixelData = frame.astype("<u2").tobytes()


def decimal(value: float) -> str:
    """Return `value` as a Decimal String of at most 16 bytes (PS3.5 §6.2)."""
    return f"{value:.6g}"
