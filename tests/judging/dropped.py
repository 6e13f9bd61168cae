"""What was dropped, read from the folder itself: from it follows all that must be found."""

import json
import warnings
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread

UID_CHARACTERS = set("0123456789.")
PART10_PREFIX = slice(128, 132)
ZIP = b"PK\x03\x04"
ITEM_END, SEQUENCE_END = b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"


class Kind(StrEnum):
    """What a dropped file is, and so where it must be found."""

    INSTANCE = "instance"
    ROSTER = "roster"
    CUT = "cut"  # a DICOM file that ends too early
    BAD_UID = "bad-uid"  # whole, but a UID is missing or none
    FOREIGN = "foreign"  # something else altogether
    EXECUTABLE = "executable"  # whole, with a program's magic for a preamble
    DECLARATION = "declaration"  # a manifest of what is to come
    ARCHIVE = "archive"  # a ZIP file; what is in it lies beside it, as files


PLACES = {
    Kind.ROSTER: "rosters/{}",
    Kind.DECLARATION: "declarations/{}",
    Kind.ARCHIVE: "archives/{}.zip",
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file; the fields of the header are empty for what is no instance."""

    site: str
    path: Path
    sha256: str
    kind: Kind
    study: str = ""
    series: str = ""
    sop: str = ""
    patient: tuple[str, str] = ("", "")  # issuer and Patient ID

    @property
    def archive_key(self) -> str:
        """Return where the bytes must lie in the bucket `archive`."""
        if self.kind in PLACES:
            return f"{self.site}/{PLACES[self.kind].format(self.sha256)}"
        return f"{self.site}/{self.study}/{self.series}/{self.sop}/{self.sha256}.dcm"


def read_all(folder: Path) -> list[Dropped]:
    """Return every file under `<folder>/<wave>/<site>/`, in the order of the waves."""
    released = outcomes(folder)["released"]
    paths = [path for path in sorted(folder.glob("*/*/**/*")) if path.is_file()]
    return [read(path.relative_to(folder).parts[1], path, released) for path in paths]


def outcomes(folder: Path) -> dict[str, frozenset[str]]:
    """Return what people decided: digests that were `released`, addresses that `refused`."""
    file = folder / "outcomes.json"
    told = json.loads(file.read_bytes()) if file.exists() else {}
    return {name: frozenset(told.get(name, ())) for name in ("released", "refused")}


def read(site: str, path: Path, released: frozenset[str] = frozenset()) -> Dropped:
    """Return what `path` is; one that was `released` counts as what it is without its preamble."""
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    if content[:1] == b"{":
        told = json.loads(content)
        roster = told.get("resourceType") == "Bundle"
        return Dropped(site, path, digest, Kind.ROSTER if roster else Kind.DECLARATION)
    if content[:4] == ZIP:
        return Dropped(site, path, digest, Kind.ARCHIVE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the files are odd on purpose
        ds = dcmread(path, force=True)
        uids = [str(ds.get(f"{of}InstanceUID", "")) for of in ("Study", "Series", "SOP")]
        issuer, patient_id = (
            str(ds.get(tag) or "").strip() for tag in ("IssuerOfPatientID", "PatientID")
        )
        kind = kind_of(content, ds, uids)
    if kind is Kind.EXECUTABLE and digest in released:
        kind = Kind.INSTANCE
    if kind is not Kind.INSTANCE:
        return Dropped(site, path, digest, kind)
    study, series, sop = uids
    return Dropped(site, path, digest, kind, study, series, sop, (issuer, patient_id))


def kind_of(content: bytes, ds: Dataset, uids: list[str]) -> Kind:
    """Say what `content` is, knowing what pydicom made of it."""
    if content[PART10_PREFIX] != b"DICM" and "SOPClassUID" not in ds:
        return Kind.FOREIGN
    if cut(content, ds):
        return Kind.CUT
    if not all(map(is_uid, uids)):
        return Kind.BAD_UID
    return Kind.EXECUTABLE if content[:2] == b"MZ" else Kind.INSTANCE


def cut(content: bytes, ds: Dataset) -> bool:
    """Say whether the pixels end before they should (PS3.5 §8.1.1, §A.4)."""
    if "SOPInstanceUID" not in ds:
        return True
    if "PixelData" not in ds:
        return False
    if "TransferSyntaxUID" in ds.file_meta and ds.file_meta.TransferSyntaxUID.is_encapsulated:
        return SEQUENCE_END not in content[-4096:]
    samples = ds.Rows * ds.Columns * ds.SamplesPerPixel * int(ds.get("NumberOfFrames") or 1)
    return bool(len(ds.PixelData) < samples * ds.BitsAllocated // 8)


def is_uid(text: str) -> bool:
    """Say whether `text` can be a UID (PS3.5 §9.1, leading zeros let through)."""
    parts = text.split(".")
    return len(text) <= 64 and set(text) <= UID_CHARACTERS and all(parts)


def contacts(files: list[Dropped]) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return (site, issuer, Patient ID) → {"email" or "phone", "language"} from the rosters."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for file in files:
        if file.kind is Kind.ROSTER:
            for entry in json.loads(file.path.read_bytes())["entry"]:
                patient = entry["resource"]
                identifier = patient["identifier"][0]
                issuer = identifier.get("system", "")
                found[file.site, issuer, identifier["value"]] = contact(patient)
    return found


def contact(patient: dict[str, Any]) -> dict[str, str]:
    """Return how a FHIR R4 Patient is reached, and in which language."""
    told = {each["system"]: each["value"] for each in patient.get("telecom", [])}
    told["language"] = patient["communication"][0]["language"]["coding"][0]["code"]
    return told
