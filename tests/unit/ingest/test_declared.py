"""ingest.declared: what a hospital says is to come."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from services.ingest import declared
from services.ingest.declared import NotADeclaration, manifest
from services.ingest.inspect import Refused, inspect
from shared.events import Origin
from shared.reasons import Reason
from tests.unit.shared.dicom.files import ct_slice
from tests.unit.shared.dicom.test_directory import ONE, disc, image, records, report, study

GOOD: dict[str, Any] = {"study_uid": "1.2", "instances": 2}


def written(*studies: object, **others: object) -> bytes:
    return json.dumps({"version": 1, "studies": studies} | others).encode()


def read(content: bytes) -> dict[str, int]:
    return manifest(BytesIO(content)).studies


def test_a_manifest_counts_its_studies() -> None:
    """With lists or without, and with the mark that Windows writes."""
    series = [{"series_uid": "1.2.1", "instances": 1}, {"series_uid": "1.2.2", "instances": 1}]
    other = {"study_uid": "1.3", "instances": 2, "sop_uids": ["1.3.1", "1.3.2"], "series": series}
    assert read(written(GOOD, other)) == {"1.2": 2, "1.3": 2}
    assert read(b"\xef\xbb\xbf" + written(GOOD)) == {"1.2": 2}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        written(),
        written(GOOD, version=2),
        written(GOOD, version="1"),
        written(GOOD, patient="Doe^Jane"),
        written(GOOD, GOOD),
        written(GOOD | {"instances": 0}),
        written(GOOD | {"instances": "2"}),
        written(GOOD | {"instances": 1_000_001}),
        written(GOOD | {"study_uid": "../1"}),
        written(GOOD | {"study_uid": "1.2\n"}),
        written(GOOD | {"study_uid": "1." * 32 + "1"}),
        written(GOOD | {"sop_uids": ["1.2.1"]}),
        written(GOOD | {"sop_uids": ["1.2.1", "1.2.1"]}),
        written(GOOD | {"sop_uids": ["1.2.1", "a"]}),
        written(GOOD | {"series": [{"series_uid": "1.2.1", "instances": 1}]}),
        written(GOOD | {"series": [{"series_uid": "1.2.1", "instances": 1}] * 2}),
        written(*({"study_uid": f"1.{number}", "instances": 1} for number in range(1001))),
        written(GOOD) + b" " * declared.MANIFEST_BYTES,
    ],
    ids=lambda content: repr(content[:48]),
)
def test_what_does_not_fit_is_refused_without_quoting_it(content: bytes) -> None:
    """Strictly: a count that is taken for another would hold a study back, or let it go early."""
    with pytest.raises(NotADeclaration) as refused:
        read(content)
    assert str(refused.value) == ""
    assert refused.value.__cause__ is None


def test_a_directory_counts_what_is_on_its_disc(tmp_path: Path) -> None:
    """Each instance once."""
    content = disc(tmp_path, *(report("1.2", n) for n in range(3)), report("1.3", 1))
    found = inspect(BytesIO(content))
    assert found == declared.Declaration(origin=Origin.DICOMDIR, studies={"1.2": 3, "1.3": 1})


@pytest.mark.parametrize(
    "made",
    [records(study(0)), records(study(7), ONE), records(study(None), image(b"x\0", last=True))],
    ids=["empty", "no-record", "no-uid"],
)
def test_a_directory_that_cannot_be_trusted_is_refused(made: bytes) -> None:
    """It says so by its own reason."""
    media = made.replace(b"DICM", b"DICM\2\0\2\0UI\x14\x001.2.840.10008.1.3.10", 1)
    found = inspect(BytesIO(media))
    assert isinstance(found, Refused)
    assert found.reason is Reason.DIRECTORY_MALFORMED


def test_a_manifest_is_looked_for_only_under_its_name() -> None:
    """And content decides: a picture stays one, whatever its name."""
    assert declared.is_manifest("north/a/b_COMPLETE.json")
    assert not declared.is_manifest("north/_COMPLETE.json/1.dcm")
    unnamed = inspect(BytesIO(written(GOOD)))
    assert isinstance(unnamed, Refused)
    assert unnamed.reason is Reason.NOT_A_ROSTER
    broken = inspect(BytesIO(b"done"), manifest=True)
    assert isinstance(broken, Refused)
    assert broken.reason is Reason.MANIFEST_MALFORMED
    assert inspect(BytesIO(ct_slice()), manifest=True) == inspect(BytesIO(ct_slice()))
