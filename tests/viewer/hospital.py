"""What the small server has: files taken the product's way, and pictures drawn by pydicom."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, HTJ2KLosslessRPCL

from services.index import dicomjson
from tests.every_file.carry import carry
from tests.judging.pixels import codestreams
from tests.viewer.seen import grey, shown

Json = dict[str, Any]
MEDIA = {"1.2.840.10008.1.2.4.202": "image/jphc", "1.2.840.10008.1.2.4.50": "image/jpeg"}


@dataclass(frozen=True)
class Instance:
    """One image: its header as index makes it, its frames as transcode leaves them."""

    content: bytes
    header: Json
    syntax: str
    frames: Sequence[bytes]

    @property
    def dataset(self) -> Dataset:
        """Return the original as pydicom reads it."""
        return dcmread(BytesIO(self.content), force=True)

    @property
    def uid(self) -> str:
        """Return the SOP Instance UID."""
        return str(self.header["00080018"]["Value"][0])

    def media(self) -> str:
        """Return the type of a frame's part."""
        kind = MEDIA.get(self.syntax, "application/octet-stream")
        return f"{kind}; transfer-syntax={self.syntax}"

    def rendered(self, frame: int, longest: int, window: tuple[float, float] | None) -> bytes:
        """Return a JPEG, at most `longest` pixels long."""
        ds = self.dataset
        picture = grey(ds, frame, *window) if window else shown(ds, frame)
        drawn = Image.fromarray(picture)
        drawn.thumbnail((longest, longest))
        out = BytesIO()
        drawn.save(out, "JPEG", quality=85)
        return out.getvalue()


def taken(content: bytes) -> Instance:
    """Return the instance in `content` after ingest, transcode and index."""
    carried = carry(content)
    ds = dcmread(BytesIO(content), force=True)
    syntax = str(ds.file_meta.TransferSyntaxUID)
    header = dicomjson.read(content, syntax).elements
    if carried.copy is not None:
        frames: Sequence[bytes] = codestreams(carried.copy)
        return Instance(content, header, str(HTJ2KLosslessRPCL), frames)
    count = int(ds.get("NumberOfFrames") or 1)
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        frames = list(generate_frames(ds.PixelData, number_of_frames=count))
    else:
        size = len(ds.PixelData) // count
        frames = [ds.PixelData[size * place : size * (place + 1)] for place in range(count)]
        syntax = str(ExplicitVRLittleEndian)
    return Instance(content, header, syntax, frames)


def phantom(count: int, *, study: str, series: str, tint: int = 0) -> list[bytes]:
    """Return `count` CT slices of a numeric phantom, each telling its number by its darkness."""
    rows = columns = 128
    y, x = np.mgrid[:rows, :columns]
    body = np.hypot(y - 64, x - 64) < 52
    found = []
    for place in range(count):
        ds = slice_of(study, series, place)
        values = np.full((rows, columns), -1000, np.int16)
        values[body] = 40 + tint
        values[(np.hypot(y - 64, x - 40 - place % 40) < 9)] = 400
        values[-8:, : 2 + place * 4] = 1000
        ds.Rows, ds.Columns, ds.PixelData = rows, columns, values.tobytes()
        out = BytesIO()
        ds.save_as(out, enforce_file_format=True)
        found.append(out.getvalue())
    return found


def slice_of(study: str, series: str, place: int) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{series}.{place + 1}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.FrameOfReferenceUID = f"{study}.9"
    ds.Modality, ds.PatientName, ds.PatientID = "CT", "Citizen^Ann", "0"
    ds.SeriesDescription, ds.InstanceNumber = "Head 3 mm", place + 1
    ds.PixelSpacing, ds.ImageOrientationPatient = [1.5, 1.5], [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [-96, -96, 3.0 * place]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 1
    ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    ds.WindowCenter, ds.WindowWidth = [40, 300], [400, 1500]
    ds.WindowCenterWidthExplanation = ["SOFT", "HARD"]
    return ds


@dataclass
class Hospital:
    """Studies of one person: study UID → series UID → instances, in their order."""

    studies: dict[str, dict[str, list[Instance]]] = field(default_factory=dict)
    told: dict[str, Mapping[str, str]] = field(default_factory=dict)  # date, words of a study

    def add(self, files: Sequence[bytes], date: str = "20260304", words: str = "CT") -> str:
        """Take files of one study; return its UID."""
        study = ""
        for content in files:
            instance = taken(content)
            ds = instance.dataset
            study = str(ds.StudyInstanceUID)
            series = self.studies.setdefault(study, {}).setdefault(str(ds.SeriesInstanceUID), [])
            series.append(instance)
        self.told[study] = {"date": date, "words": words}
        return study

    def find(self, study: str, series: str, sop: str) -> Instance:
        """Return an instance. Raises KeyError."""
        for each in self.studies[study][series]:
            if each.uid == sop:
                return each
        raise KeyError(sop)

    def query(self) -> list[Json]:
        """Return all studies as QIDO does."""
        return [
            {
                "0020000D": {"vr": "UI", "Value": [study]},
                "00080020": {"vr": "DA", "Value": [self.told[study]["date"]]},
                "00081030": {"vr": "LO", "Value": [self.told[study]["words"]]},
            }
            for study in self.studies
        ]

    def query_series(self, study: str) -> list[Json]:
        """Return the series of a study as QIDO does."""
        return [
            {
                "0020000E": {"vr": "UI", "Value": [series]},
                "00080060": instances[0].header.get("00080060", {"vr": "CS"}),
                "0008103E": instances[0].header.get("0008103E", {"vr": "LO"}),
                "00201209": {"vr": "IS", "Value": [len(instances)]},
            }
            for series, instances in self.studies[study].items()
        ]

    def metadata(self, study: str, series: str) -> bytes:
        """Return the headers of a series."""
        return json.dumps([each.header for each in self.studies[study][series]]).encode()
