"""A catalogue worth rebuilding: studies of synthetic slices, with all that makes order matter."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

import boto3
import numpy as np
from botocore.config import Config
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SITES = ("north", "sur")
SLICES = 20  # of a study
LATER = 10  # one file in so many comes later, and is odd
SIDE = 64  # pixels
ROOT = "2.25.4711"
THREADS = 8


@dataclass(frozen=True)
class Slice:
    """One file; `pixels` and `header` tell contents of one SOP Instance UID apart."""

    study: int
    number: int
    patient: str | None
    pixels: int = 0
    header: str = "first"

    @property
    def site(self) -> str:
        """Return who drops it."""
        return SITES[self.study % len(SITES)]

    def content(self) -> bytes:
        """Return the file."""
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        study = f"{ROOT}.{self.study + 1}"
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{study}.1.{self.number + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.{1 + self.number % 2}"
        ds.Modality, ds.InstanceNumber, ds.StudyDescription = "CT", self.number, self.header
        ds.PatientName, ds.StudyDate = f"Synthetic^Case {self.patient}", "20230504"
        if self.patient is not None:
            ds.PatientID = self.patient
        ds.Rows = ds.Columns = SIDE
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        random = np.random.default_rng((self.study, self.number, self.pixels))
        ds.PixelData = random.integers(0, 4096, (SIDE, SIDE), "u2").tobytes()
        out = BytesIO()
        ds.save_as(out, enforce_file_format=True)
        return out.getvalue()


def patient(study: int) -> str | None:
    """Return whose a study is: two studies a patient, and one in ten names nobody."""
    return None if study % 10 == 9 else f"P{study // 2:05d}"


def first(instances: int) -> Iterator[Slice]:
    """Yield what comes first."""
    for place in range(instances - instances // LATER):
        study, number = divmod(place, SLICES)
        yield Slice(study, number, patient(study))


def later(instances: int) -> Iterator[Slice]:
    """Yield what comes when all that was told: new headers, other pixels, strangers, the missed."""
    studies = -(-(instances - instances // LATER) // SLICES)
    for place in range(instances // LATER):
        # Each odd file is another instance of its study.
        study, number = place % studies, place // studies
        whose = patient(study)
        yield (
            Slice(study, number, whose, header="revised"),
            Slice(study, number, whose, pixels=1),
            Slice(study, 100 + number, "stranger"),
            Slice(study, 200 + number, whose or "named late"),
        )[place % 4]


def roster(site: str, instances: int) -> bytes:
    """Return the patients of a site, each with an address."""
    studies = {one.study for one in first(instances) if one.site == site}
    patients = sorted({whose for whose in map(patient, studies) if whose})
    entries = [
        {
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"value": number}],
                "name": [{"text": "Synthetic Case"}],
                "telecom": [{"system": "email", "value": f"{number.lower()}@{site}.example"}],
            }
        }
        for number in patients
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def waves(instances: int) -> Iterator[dict[str, bytes]]:
    """Yield what is dropped, by key: each wave when all of the one before was told."""
    rosters = {f"{site}/roster.json": roster(site, instances) for site in SITES}
    odd = {"north/note.txt": b"no DICOM", "sur/cut.dcm": Slice(1, 0, "P1").content()[:-9]}
    early = enumerate(first(instances))
    # Half of it is announced: it is told when that is there, and again when there is more.
    told = {"version": 1, "studies": [{"study_uid": f"{ROOT}.1", "instances": SLICES // 2}]}
    odd["north/_COMPLETE.json"] = json.dumps(told).encode()
    yield rosters | odd | {f"{each.site}/1/{n}.dcm": each.content() for n, each in early}
    yield {f"{each.site}/2/{n}.dcm": each.content() for n, each in enumerate(later(instances))}


def drop(wave: Mapping[str, bytes], hospital: Mapping[str, str]) -> None:
    """Put a wave into the drop; `hospital` is the environment of who may."""
    s3 = boto3.client(
        "s3",
        endpoint_url=hospital["SCANPASS_S3_ENDPOINT"],
        aws_access_key_id=hospital["SCANPASS_S3_ACCESS_KEY"],
        aws_secret_access_key=hospital["SCANPASS_S3_SECRET_KEY"],
        region_name=hospital["SCANPASS_S3_REGION"],
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=THREADS),
    )
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda key: s3.put_object(Bucket="drop", Key=key, Body=wave[key]), wave))
