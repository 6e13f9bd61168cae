"""portal.fhir: every resource that we make is one by others' models of R4."""

import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from services.portal.fhir import bundles, given, mapping
from services.portal.fhir.coding import Json

PORTAL, NOW = "https://scans.example", datetime(2026, 5, 1, tzinfo=UTC)
RECORD, GRANT, ACTOR = (UUID(int=number) for number in range(1, 4))
STUDY = "a" * 32
GIVEN: dict[str, Any] = {
    "grant_id": GRANT,
    "version": 1,
    "keep": True,
    "purpose": "PATRQT",
    "stands": True,
    "given_at": NOW,
    "starts_at": NOW,
    "ends_at": None,
    "ended_at": None,
    "hospital": None,
    "guests": ["Weasis"],
    "study_ids": [STUDY],
}
ENTRY: dict[str, Any] = {
    "record": RECORD,
    "seq": 7,
    "at": NOW,
    "actor_kind": "app",
    "actor": ACTOR,
    "reads": 3,
    "action": "look-opened",
    "because": "own-address",
    "study": STUDY,
    "hash": bytes(32),
}


@pytest.fixture(scope="module")
def judged() -> Callable[[Json], None]:
    """Return what judges a resource by the model of its type."""
    model = import_module("fhir.resources.R4B").get_fhir_model_class
    return lambda resource: model(resource["resourceType"]).model_validate(resource)


def study(**changed: object) -> Json:
    """Return a study, changed."""
    row = {
        "id": STUDY,
        "updated": NOW,
        "site": "north",
        "study_uid": "1.2",
        "accession_number": "A1",
        "modalities": ["MR", ""],
        "record": RECORD,
        "study_date": date(2024, 11, 18),
        "study_time": "101500",
        "utc_offset": "+0100",
        "referring_physician": "Okafor^Ada",
        "series_count": 1,
        "instance_count": 3,
        "study_description": "Head",
    }
    series = {
        "series_uid": "1.2.1",
        "series_number": 1,
        "modality": "MR",
        "description": None,
        "instance_count": 3,
        "body_part": "HEAD",
    }
    return mapping.imaging_study(row | changed, [series], "me")


def report(header: bytes) -> Json:
    """Return a report whose header is `header`, DICOM JSON."""
    row = {
        "id": "b" * 32,
        "study": STUDY,
        "record": RECORD,
        "study_date": date(2024, 11, 18),
        "study_uid": "1.2",
        "series_uid": "1.2.9",
        "sop_uid": "1.2.9.1",
        "received_at": NOW,
        "header": zlib.compress(header),
    }
    return mapping.report(row, f"{PORTAL}/dicomweb/me")


def patient(**changed: object) -> Json:
    """Return a patient, changed."""
    row = {
        "record": RECORD,
        "site": "north",
        "patient_id": "P-1",
        "hospital": "North",
        "name": "Case^Maria",
        "sex": "F",
        "birth_date": date(1968, 3, 12),
    }
    return mapping.patient(row | changed, PORTAL)


def test_every_resource_is_one(judged: Callable[[Json], None]) -> None:
    """Whole, and where next to nothing is known."""
    nothing = dict.fromkeys(
        ("accession_number", "study_date", "study_time", "utc_offset", "referring_physician")
    )
    told = [
        patient(),
        patient(name=None, sex=None, birth_date=None),
        study(),
        study(**nothing, study_description=None, modalities=[]),
        report(b"{}"),
        mapping.endpoint("me", f"{PORTAL}/dicomweb/me"),
        given.consent(GIVEN, str(RECORD)),
        given.consent(GIVEN | {"ended_at": NOW, "study_ids": [], "guests": []}, str(RECORD)),
        given.audit_event(ENTRY, {ACTOR: "Weasis"}, PORTAL),
        given.audit_event(ENTRY | {"actor": None, "study": None, "action": "claimed"}, {}, PORTAL),
    ]
    for resource in told:
        judged(resource)
    base = f"{PORTAL}/fhir/me"
    judged(bundles.collection(base, told))
    judged(bundles.searchset(f"{base}/Patient", [patient()], [("_id", "x")], 50))
    judged(bundles.searchset(f"{base}/Patient", [], [], None))
    judged(bundles.capability(base))
    judged(bundles.outcome(404, "Not Found", "ABCD-EF"))


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b'{"0040A493":{"vr":"CS","Value":["VERIFIED"]}}', "final"),
        (b'{"0040A491":{"vr":"CS","Value":["PARTIAL"]}}', "partial"),
        (b'{"0040A493":{"vr":"CS","Value":["UNVERIFIED"]}}', "unknown"),
        (b'{"0040A493":{"vr":"CS"}}', "unknown"),
        (b"{}", "unknown"),
    ],
)
def test_a_report_is_final_only_where_it_says_so(header: bytes, status: str) -> None:
    """An envelope around a PDF says nothing of it."""
    assert report(header)["status"] == status


def test_a_refusal_is_told_as_one() -> None:
    """And an entry bears its seal."""
    told = given.audit_event(ENTRY | {"action": "refused", "because": "withdrawn"}, {}, PORTAL)
    assert (told["outcome"], told["outcomeDesc"]) == ("4", "withdrawn")
    details = {each["type"]: each["valueString"] for each in told["entity"][0]["detail"]}
    assert details == {"seq": "7", "reads": "3", "sha256": "0" * 64}
