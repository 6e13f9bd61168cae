"""Files to receive: public test files and synthetic slices, made to be one patient's."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.data import data_manager
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

SIDE = 64  # pixels


def public(name: str) -> bytes:
    """Return a file of pydicom's own, or of `pydicom-data`; nothing is ever fetched."""
    spec = find_spec("data_store")
    folders = [Path(data_manager.__file__).parent / "test_files"]
    folders += [Path(place) / "data" for place in (spec and spec.submodule_search_locations) or ()]
    return next(path for folder in folders if (path := folder / name).exists()).read_bytes()


def relabelled(content: bytes, patient: str, study: str, series: str, sop: str) -> bytes:
    """Return a file as one of `patient`; its pixels stay as they are, byte for byte."""
    ds = dcmread(BytesIO(content))
    ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID = patient, study, series
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(sop)
    out = BytesIO()
    ds.save_as(out)
    return out.getvalue()


def ct_slice(study: str, series: str, number: int, patient: str, **others: str | bytes) -> bytes:
    """Return a CT slice of noise; `others` are keywords of DICOM."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CT", 1, number
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Müller^Zoë", patient, "19680412"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20230504", "101500", "A-4711"
    ds.StudyDescription, ds.SeriesDescription = "CT head", "axial"
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = -1024, 1
    ds.WindowCenter, ds.WindowWidth = 40, 400
    random = np.random.default_rng([number, crc32(f"{study} {patient}".encode())])
    ds.PixelData = random.integers(0, 4096, (SIDE, SIDE), "u2").tobytes()
    for keyword, value in others.items():
        setattr(ds, keyword, value)
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()
