"""Who is in the play: what hospitals know of them, and the files that they drop."""

import json
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Self
from uuid import uuid4

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from tests.canary.birds import Flock

SIDE = 64  # pixels


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient as the hospital knows them."""

    who: str
    family: str
    given: str
    number: str  # MRN
    born: date
    telecom: tuple[str, str]  # system, value
    study: str

    @classmethod
    def made(cls, flock: Flock, who: str, telecom: tuple[str, str]) -> Self:
        """Return one with an odd name and number."""
        return cls(
            who,
            flock.name(who, "Ñu'", "-Ðæ"),
            flock.name(who, "Zoë ", ' "%s{}" <i>'),
            flock.name(who, "MRN/", "#7", "record number"),
            flock.birth_date(who),
            telecom,
            f"2.25.{uuid4().int >> 72}",
        )

    def resource(self) -> dict[str, object]:
        """Return a FHIR R4 Patient."""
        return {
            "resourceType": "Patient",
            "identifier": [{"value": self.number}],
            "name": [{"family": self.family, "given": [self.given]}],
            "birthDate": self.born.isoformat(),
            "telecom": [{"system": self.telecom[0], "value": self.telecom[1], "use": "mobile"}],
        }

    def slice(self, flock: Flock, number: int, character_set: str = "ISO_IR 192") -> bytes:
        """Return one picture, in whose header names stand in many places."""
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SpecificCharacterSet = character_set
        ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, f"{self.study}.1.{number}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = self.study, f"{self.study}.1"
        ds.PatientName, ds.PatientID = f"{self.family}^{self.given}", self.number
        ds.PatientBirthDate, ds.StudyDate = self.born.strftime("%Y%m%d"), "20260301"
        ds.Modality, ds.InstanceNumber, ds.SeriesNumber = "MR", number, 1
        ds.ReferringPhysicianName = flock.name("physician", "Dr^")
        ds.OperatorsName = flock.name("operator", "O^")
        ds.StudyDescription = flock.name(self.who, "head of ", kind="free text")
        ds.PatientComments = flock.name(self.who, "mother is ", kind="free text")
        ds.AccessionNumber = flock.name(self.who, "A", kind="number of an order")[:16]
        ds.StationName = "MR1"
        ds.Rows = ds.Columns = SIDE
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelData = np.random.default_rng(number).integers(0, 4096, SIDE * SIDE, "u2").tobytes()
        out = BytesIO()
        ds.save_as(out, enforce_file_format=True)
        return out.getvalue()


def roster(patients: list[Patient]) -> bytes:
    """Return a FHIR R4 Bundle of them."""
    entries = [{"resource": each.resource()} for each in patients]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, ensure_ascii=False).encode()


def odd(flock: Flock, whose: Patient) -> dict[str, bytes]:
    """Return files that cannot be taken as they are, each with names in it, by their key."""
    whole = [whose.slice(flock, number) for number in range(20, 26)]
    name = f"{whose.family}^{whose.given}".encode()
    return {
        "cut.dcm": whole[0][:-90],
        "cut in the header.dcm": whole[1][:420],
        "nul.dcm": whole[2].replace(name, name[:-1] + b"\0"),
        "wrong length.dcm": whole[3].replace(b"PN", b"SQ", 1),
        "wrong characters.dcm": whole[4].replace(b"ISO_IR 192", b"ISO_IR 9__"),
        "wrong date.dcm": whole[5].replace(whose.born.strftime("%Y%m%d").encode(), b"19xx1340"),
        "letter.txt": f"Dear {whose.given} {whose.family}, born {whose.born}".encode(),
        "list.json": json.dumps({"resourceType": "Patient", "name": whose.family}).encode(),
        "broken roster.json": roster([whose])[:-20],
    }
