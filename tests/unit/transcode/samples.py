"""Synthetic instances and pydicom's own files."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from shared.events import InstanceStored, Lane, StoredObject


def told(original: StoredObject) -> InstanceStored:
    return InstanceStored(
        site="north",
        study_uid="1.2",
        series_uid="1.2.3",
        sop_uid="1.2.3.4",
        sop_class_uid=CTImageStorage,
        modality="CT",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        object=original,
        door="bucket",
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        lane=Lane.LIVE,
    )


def slice_dataset() -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.Rows = dataset.Columns = 64
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = np.arange(64 * 64, dtype="<u2").tobytes()
    return dataset


def written(dataset: Dataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def sample(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    assert path is not None, f"{name} is not among pydicom's files"
    return Path(str(path)).read_bytes()
