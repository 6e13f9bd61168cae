"""The canary's study: the same everywhere, and known by its UID."""

import re
from io import BytesIO
from pathlib import Path

from pydicom import dcmread

from services.ingest.inspect import Instance
from shared import canary
from shared.dicom.canary import instance

ROOT = Path(__file__).parents[3]


def test_the_same_bytes_each_time() -> None:
    """What is kept of it in the archive is one file a hospital, however often it is sent."""
    assert instance() == instance()
    ds = dcmread(BytesIO(instance()))
    assert (ds.StudyInstanceUID, ds.PatientID) == (canary.STUDY_UID, canary.PATIENT_ID)
    assert len(canary.STUDY_UID) + len(".1.1") <= 64  # PS3.5 §9.1


def test_code_and_schema_mean_the_same_study() -> None:
    """The function that forgets it forgets this study, and can be asked for no other."""
    (step,) = ROOT.glob("services/ops/migrations/*_canary.sql")
    assert re.findall(r"2\.25\.\d+", step.read_text()) == [canary.STUDY_UID]


def test_nobody_elses_study_is_it() -> None:
    """A study of a patient's is never taken for it."""
    other = Instance(f"{canary.STUDY_UID}.1", "1", "1", "1", "CT", "1")
    assert not canary.is_canary(other.study_uid)
    assert not canary.is_canary(None)
