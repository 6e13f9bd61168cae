"""ingest.inspect: what an object is, told by its bytes alone."""

import json
from io import BytesIO

import pytest

from services.ingest.inspect import Instance, Refused, Roster, inspect
from shared.dicom import Limits
from shared.reasons import MEANINGS, Reason
from tests.unit.shared.dicom.files import ct_slice, element, part10

PATIENT = {"resourceType": "Patient", "name": [{"text": "A B"}]}
CT = b"1.2.840.10008.5.1.4.1.1.2\0"


def bundle(*resources: object) -> bytes:
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def report(**uids: bytes) -> bytes:
    """Make a text report (no pixels) with UIDs as they are given."""
    values = {
        "sop_class": b"1.2.840.10008.5.1.4.1.1.88.11\0",
        "sop": b"1.2.3.4\0",
        "study": b"1.2\0",
        "series": b"1.2.3\0",
        "modality": b"SR",
    } | uids
    tags = {
        "sop_class": (0x00080016, b"UI"),
        "sop": (0x00080018, b"UI"),
        "modality": (0x00080060, b"CS"),
        "study": (0x0020000D, b"UI"),
        "series": (0x0020000E, b"UI"),
    }
    return part10(b"".join(element(*tags[name], values[name]) for name in tags if values[name]))


def test_an_instance_is_known_by_its_uids() -> None:
    """Padding is taken off; modality and syntax come along."""
    assert inspect(BytesIO(ct_slice())) == Instance(
        study_uid="1.2",
        series_uid="1.2.3",
        sop_uid="1.2.3.4",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        modality="CT",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )


def test_a_patient_id_is_not_asked_for() -> None:
    """Without one the study is unassigned, which index decides."""
    assert isinstance(inspect(BytesIO(report())), Instance)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"hello", Reason.NOT_DICOM),
        (b"PK\3\4" + bytes(500), Reason.TRUNCATED),
        (ct_slice()[:-1], Reason.TRUNCATED),
        (report(sop=b""), Reason.UID_MISSING),
        (report(sop=b"\0\0"), Reason.UID_MISSING),
        (report(study=b""), Reason.UID_MISSING),
        (report(series=b""), Reason.UID_MISSING),
        (report(sop_class=b""), Reason.UID_MISSING),
        (report(study=b"../../etc"), Reason.UID_MALFORMED),
        (report(study=b"1.2/3"), Reason.UID_MALFORMED),
        (report(study=b"1..2"), Reason.UID_MALFORMED),
        (report(study="\u0661.\u0662".encode()), Reason.UID_MALFORMED),
        (report(sop=b"1." * 33 + b"11"), Reason.UID_MALFORMED),
        (report(sop=b"1.2\\1.3"), Reason.UID_MALFORMED),
        (report(sop_class=b"1.2.840.10008.1.3.10"), Reason.DIRECTORY_MALFORMED),
        (b"\x7fELF".ljust(128, b"\0") + report()[128:], Reason.EXECUTABLE_PREAMBLE),
        (b"#!/bin/sh\n".ljust(128, b" ") + report()[128:], Reason.EXECUTABLE_PREAMBLE),
        (b"%PDF-1.7".ljust(128, b" ") + report()[128:], Reason.EXECUTABLE_PREAMBLE),
        (part10(element(0x00080016, b"UI", CT)), Reason.PIXELS_MISSING),
        (part10(element(0x00081140, b"SQ", b"notanitem!")), Reason.MALFORMED),
        (b"{", Reason.ROSTER_MALFORMED),
        (b"\xef\xbb\xbf{", Reason.ROSTER_MALFORMED),
        (bundle(PATIENT)[:-3], Reason.ROSTER_MALFORMED),
        (bundle(PATIENT | {"name": "no list"}), Reason.ROSTER_MALFORMED),
        (bundle(), Reason.NOT_A_ROSTER),
        (b'{"a": 1}', Reason.NOT_A_ROSTER),
        (bundle(PATIENT) + b" " * (16 << 20), Reason.ROSTER_TOO_BIG),
    ],
)
def test_everything_else_has_a_reason(content: bytes, reason: Reason) -> None:
    """One code for each."""
    found = inspect(BytesIO(content))
    assert isinstance(found, Refused)
    assert found.reason is reason


def test_a_tiff_beside_the_dicom_is_no_program() -> None:
    """Dual files of pathology pass (PS3.10 §7.1)."""
    dual = b"II*\0".ljust(128, b"\0") + report()[128:]
    assert isinstance(inspect(BytesIO(dual)), Instance)


def test_a_roster_is_counted() -> None:
    """Other resources beside the patients are no matter."""
    body = bundle(PATIENT, {"resourceType": "Organization"}, PATIENT)
    assert inspect(BytesIO(body)) == Roster(2)
    assert inspect(BytesIO(b"\xef\xbb\xbf" + body)) == Roster(2)


def test_limits_have_their_reasons() -> None:
    """Those of the walker."""
    found = inspect(BytesIO(ct_slice()), Limits(file=100))
    assert found == Refused(Reason.FILE_TOO_BIG)
    found = inspect(BytesIO(ct_slice()), Limits(elements=5))
    assert found == Refused(Reason.TOO_MANY_ELEMENTS)


def test_what_a_person_may_release_is_known_by_its_uids() -> None:
    """A cut file whose UIDs came before the cut; not one that was cut before them."""
    cut = inspect(BytesIO(ct_slice()[:-1]))
    assert isinstance(cut, Refused)
    assert cut.instance is not None
    assert cut.instance.sop_uid == "1.2.3.4"
    early = inspect(BytesIO(ct_slice()[:200]))
    assert early == Refused(Reason.TRUNCATED)


def test_odd_values_that_are_no_uids_are_warnings() -> None:
    """A modality that is no code could be a name: it is left out of every event."""
    found = inspect(BytesIO(report(modality=b"Doe^Jane")))
    assert isinstance(found, Instance)
    assert (found.modality, found.warnings) == ("", ("modality-malformed",))


def test_every_reason_is_explained_once() -> None:
    """One sentence of plain English each."""
    assert set(MEANINGS) == set(Reason)
    assert len(set(MEANINGS.values())) == len(MEANINGS)
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())
