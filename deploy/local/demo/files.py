"""The real files: which there are, and what of their headers decides where they are dropped."""

import gzip
import warnings
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from pydicom import dcmread

from deploy.local.demo.hospitals import HOSPITALS

HEAD = Path("/usr/share/mricron/templates/ch2.nii.gz")  # Debian package `mricron-data`
# Two contents under one SOP Instance UID: one frame, and two.
SAME_UID = ("OBXXXX1A.dcm", "OBXXXX1A_2frame.dcm")
TO_BE_CUT = "MR2_UNCR.dcm"  # 2 MB, native pixels


class NotInstalled(Exception):
    """A package with real images is missing; the text says how to get it."""


@dataclass(frozen=True, slots=True)
class RealFile:
    """One file, and of its header what the demo goes by."""

    path: Path
    sop_uid: str
    study_uid: str
    patient_id: str
    issuer: str

    @property
    def site(self) -> str:
        """Return the hospital it is dropped at: a patient's files all at one, by a digest."""
        return site_of(self.patient_id or self.study_uid)


def site_of(who: str) -> str:
    """Return the site for a Patient ID: a coin that always falls the same way."""
    return HOSPITALS[sha256(who.encode()).digest()[0] % len(HOSPITALS)].site


def real_files() -> list[RealFile]:
    """Return every file of `pydicom-data`, by name.

    Raises:
        NotInstalled: the package is not there.

    """
    found = find_spec("data_store")
    if found is None or found.origin is None:
        msg = "pydicom-data is missing: make up, or pip install pydicom-data"
        raise NotInstalled(msg)
    return [read(path) for path in sorted((Path(found.origin).parent / "data").glob("*.dcm"))]


def read(path: Path) -> RealFile:
    """Return what is needed of the header of `path`; a damaged file has empty fields."""
    tags = ("SOPInstanceUID", "StudyInstanceUID", "PatientID", "IssuerOfPatientID")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these files are odd on purpose
        ds = dcmread(path, stop_before_pixels=True, force=True)
        return RealFile(path, *(str(ds.get(tag) or "").strip() for tag in tags))


def one_a_uid(files: list[RealFile]) -> list[RealFile]:
    """Return the first file, by name, of each SOP Instance UID."""
    first: dict[str, RealFile] = {}
    for file in files:
        if file.sop_uid:
            first.setdefault(file.sop_uid, file)
    return list(first.values())


def head_volume() -> bytes:
    """Return the unpacked NIfTI file of the head MRI.

    Raises:
        NotInstalled: the package is not there.

    """
    if not HEAD.exists():
        msg = "mricron-data is missing: apt-get install mricron-data"
        raise NotInstalled(msg)
    return gzip.decompress(HEAD.read_bytes())
