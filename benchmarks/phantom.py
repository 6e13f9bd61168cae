"""A CT study of a numeric phantom: no patient was ever near it, and it compresses like one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

STUDY = "2.25.313000001"
SERIES = 5
SLICES = 100  # of each series
SIDE = 512  # pixels
NOISE = 32.0  # Hounsfield units within the body: about 2.5 : 1 in HTJ2K
AIR, WATER = -1000, 0


def study(folder: Path) -> list[Path]:
    """Return the study's files under `folder`; they are made when they are not there yet."""
    files = [folder / f"{series}-{number:03}.dcm" for series, number in places()]
    if not all(each.exists() for each in files):
        folder.mkdir(parents=True, exist_ok=True)
        for file, (series, number) in zip(files, places(), strict=True):
            instance(series, number).save_as(file, enforce_file_format=True)
    return files


def places() -> Iterator[tuple[int, int]]:
    """Yield series and slice numbers, from 1."""
    return ((series, number) for series in range(1, SERIES + 1) for number in range(1, SLICES + 1))


def instance(series: int, number: int) -> Dataset:
    """Return one slice with the header that scanners write, 512 by 512 by 16 bit."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{STUDY}.{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, f"{STUDY}.{series}"
    ds.FrameOfReferenceUID = f"{STUDY}.0"
    ds.PatientName, ds.PatientID, ds.PatientSex = "Phantom^Numeric", "PHANTOM-1", "O"
    ds.PatientBirthDate, ds.StudyDate, ds.StudyTime = "19700101", "20260102", "101500"
    ds.SeriesDate, ds.SeriesTime = ds.ContentDate, ds.ContentTime = "20260102", "101500"
    ds.AccessionNumber, ds.StudyID, ds.StudyDescription = "A-1", "1", "CT abdomen"
    ds.Modality, ds.Manufacturer, ds.SeriesDescription = "CT", "Scanpass", f"phase {series}"
    ds.SeriesNumber, ds.InstanceNumber, ds.BodyPartExamined = series, number, "ABDOMEN"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime, ds.ConvolutionKernel = 120, 240, 500, "B30f"
    ds.SliceThickness, ds.PixelSpacing = 1.5, [0.78125, 0.78125]
    ds.ImagePositionPatient = [-200.0, -200.0, 1.5 * number]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = AIR - 24, 1, "HU"
    ds.WindowCenter, ds.WindowWidth = 40, 400
    ds.Rows = ds.Columns = SIDE
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = (hounsfield(series, number) - AIR + 24).clip(0, 4095).astype("<u2").tobytes()
    return ds


def hounsfield(series: int, number: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a body with organs that change from slice to slice, and a scanner's noise."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    z = number / SLICES
    body = (x / 0.85) ** 2 + (y / 0.62) ** 2 < 1
    image = np.where(body, -90.0, AIR)  # fat
    organs = [
        (0.0, 0.05, 0.72, 0.5, WATER + 40),
        (-0.35, -0.05, 0.28, 0.3 * (1.2 - z), 60 + 20 * series),
        (0.4, -0.1, 0.15, 0.18 * (0.5 + z), 50),
        (0.0, 0.38, 0.11, 0.12, 450),
        (0.05, 0.12, 0.06, 0.06, 40 + 60 * series),
    ]
    for across, down, width, height, value in organs:
        inside = ((x - across) / width) ** 2 + ((y - down) / height) ** 2 < 1
        image[inside & body] = value
    noise = np.random.default_rng([series, number]).normal(0, NOISE, image.shape)
    blurred = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1)) / np.sqrt(3)
    noisy: np.ndarray[Any, np.dtype[np.float64]] = image + blurred * np.where(body, 1.0, 0.25)
    return noisy
