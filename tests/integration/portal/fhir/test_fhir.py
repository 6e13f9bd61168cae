"""portal.fhir: what a patient has, has given, and who looked; judged by others' models of R4."""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.edges import Edges
from services.portal.sharing import addresses
from services.portal.sharing.ledger import Ledger
from services.portal.signin.entries import Actor
from tests.integration.portal.conftest import Hand

KINDS = ("Patient", "ImagingStudy", "DiagnosticReport", "Endpoint", "Consent", "AuditEvent")
BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
VERIFIED = b'{"0040A493":{"vr":"CS","Value":["VERIFIED"]}}'

Json = dict[str, Any]


class Maria:
    """One patient of two hospitals that used the same UIDs, with a report and a program."""

    def __init__(self, hand: Hand, edges: Edges, page: Callable[[str | None], TestClient]) -> None:
        """Let her be, and look once."""
        self.hand, self.edges = hand, edges
        self.person = hand.person()
        self.record = hand.record(self.person)
        self.study = hand.study(self.record)
        self.held = hand.study(self.record, released=False)
        self.south = f"s{uuid4().hex[:12]}"
        hand.owner.execute(
            "INSERT INTO sites.site (site, title, help_phone, help_hours)"
            " VALUES (%s, 'B', '1', '8')",
            (self.south,),
        )
        hand.study(hand.record(self.person, self.south), site=self.south, study_uid=self.study)
        hand.owner.execute(
            "UPDATE catalogue.study SET study_time = '101500', utc_offset = '+0100',"
            " accession_number = 'A1', referring_physician = 'Okafor^Ada', description = 'Head',"
            " available_at = '2024-11-19T08:00Z', released_at = '2024-11-19T08:00Z',"
            " completeness = 'complete' WHERE (site, study_uid) = (%s, %s)",
            (hand.site, self.study),
        )
        hand.owner.execute(
            "UPDATE catalogue.record SET name = 'Case^Maria', sex = 'F' WHERE record = %s",
            (self.record,),
        )
        hand.owner.execute(
            "INSERT INTO catalogue.content (site, sop_uid, sha256, study_uid, series_uid, record,"
            " received_at, archive_key, size, sop_class_uid, modality, transfer_syntax_uid, header,"
            " standing) VALUES (%s, %s, %s, %s, %s, %s, now(), 'k', 1, %s, 'SR', '1.2', %s,"
            " 'presented')",
            (
                *(hand.site, f"{self.study}.9", "0" * 64, self.study, f"{self.study}.1"),
                *(self.record, BASIC_TEXT_SR, zlib.compress(VERIFIED)),
            ),
        )
        self.page = page(hand.session(self.person))
        self.secret = self.program(self.person)

    def program(self, person: UUID) -> str:
        """Return the secret of a program of somebody's own."""
        with self.edges.database.transaction() as connection:
            ledger = Ledger(connection, self.edges.reading.known)
            made = addresses.make(ledger, uuid4(), "FHIR app", None, Actor(person, uuid4()))
        assert made is not None
        return made

    def get(self, path: str, secret: str = "", **more: str) -> Any:  # noqa: ANN401  a response
        """Ask in her browser, or as a program."""
        if not secret:
            return self.page.get(f"/fhir/{path}", params=more)
        client = TestClient(app.pages(self.edges), base_url=self.edges.settings.portal_url)
        client.headers["authorization"] = f"Bearer {secret}"
        return client.get(f"/fhir/{path}", params=more)

    def all(self, path: str, secret: str = "", **more: str) -> list[Json]:
        """Return the resources that a search finds."""
        answer = self.get(path, secret, **more)
        assert answer.status_code == 200, answer.text
        return [each["resource"] for each in answer.json().get("entry", [])]

    @property
    def id(self) -> str:
        """Return the id of her study at the first hospital."""
        (found,) = self.all(f"{self.hand.site}/ImagingStudy")
        return str(found["id"])


@pytest.fixture
def maria(hand: Hand, edges: Edges, browser: Callable[[str | None], TestClient]) -> Maria:
    return Maria(hand, edges, browser)


def test_every_resource_is_one(maria: Maria) -> None:
    """By the models of fhir.resources: of each kind at least one, and all that holds them."""
    model = import_module("fhir.resources.R4B").get_fhir_model_class
    for kind in KINDS:
        answer = maria.get(f"me/{kind}")
        assert answer.headers["content-type"] == "application/fhir+json"
        bundle = answer.json()
        model("Bundle").model_validate(bundle)
        assert bundle["entry"], kind
        for entry in bundle["entry"]:
            found = entry["resource"]
            model(kind).model_validate(found)
            assert maria.get(f"me/{kind}/{found['id']}").json()["id"] == found["id"]
    model("CapabilityStatement").model_validate(maria.get("me/metadata").json())
    model("OperationOutcome").model_validate(maria.get("me/Patient/x").json())


def test_a_study_is_told_whole(maria: Maria) -> None:
    """What it is, whose, when, and where its pictures are; under `me` once."""
    (found,) = maria.all("me/ImagingStudy", maria.secret)
    (patient,) = maria.all(f"{maria.hand.site}/Patient", maria.secret)
    (endpoint,) = maria.all("me/Endpoint", maria.secret)
    (report,) = maria.all("me/DiagnosticReport", maria.secret)

    assert found["identifier"][0]["value"] == f"urn:oid:{maria.study}"
    assert found["subject"]["reference"] == f"Patient/{maria.record}"
    assert (found["started"], found["numberOfInstances"]) == ("2024-11-18T10:15:00+01:00", 3)
    assert [each["bodySite"]["display"] for each in found["series"]] == ["HEAD"]
    assert found["referrer"] == {"display": "Ada Okafor"}
    assert patient["name"] == [{"text": "Maria Case", "family": "Case", "given": ["Maria"]}]
    assert (patient["gender"], patient["birthDate"]) == ("female", "1968-03-12")
    assert found["endpoint"] == [{"reference": f"Endpoint/{endpoint['id']}"}]
    assert endpoint["address"].endswith("/dicomweb/me")
    assert report["status"] == "final"
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{found['id']}"}]
    assert len(maria.all("me/Patient")) == 2


def test_a_study_is_found_by_what_smart_imaging_access_asks(maria: Maria) -> None:
    """And not by what it is not."""
    uid = f"urn:dicom:uid|urn:oid:{maria.study}"
    for query in (
        {"_id": maria.id},
        {"patient": f"Patient/{maria.record}"},
        {"identifier": uid},
        {"identifier": "A1"},
        {"modality": "http://dicom.nema.org/resources/ontology/DCM|MR"},
        {"started": "2024-11-18"},
        {"started": "ge2024-11", "_lastUpdated": "lt2024-11-20", "modality": "CT,MR"},
    ):
        (found,) = maria.all(f"{maria.hand.site}/ImagingStudy", maria.secret, **query)
        assert found["id"] == maria.id
    for query in (
        {"_id": "x"},
        {"patient": str(uuid4())},
        {"identifier": "B1"},
        {"modality": "CT"},
        {"started": "gt2024-11-18"},
        {"_lastUpdated": "gt2024-11-19"},
    ):
        assert maria.all(f"{maria.hand.site}/ImagingStudy", **query) == []


def test_pages_follow(maria: Maria) -> None:
    """Until there is no next one."""
    maria.hand.study(maria.record)
    first = maria.get("me/ImagingStudy", _count="1").json()
    links = {each["relation"]: each["url"] for each in first["link"]}
    second = maria.page.get(links["next"]).json()
    assert first["entry"][0]["resource"]["id"] != second["entry"][0]["resource"]["id"]
    assert [each["relation"] for each in second["link"]] == ["self"]


def test_nobody_sees_what_is_not_theirs(
    maria: Maria, browser: Callable[[str | None], TestClient]
) -> None:
    """Another patient's program, a signed-out browser, what is held, what is unknown: alike."""
    otto = maria.hand.person("Otto")
    maria.hand.study(maria.hand.record(otto))
    program = maria.program(otto)
    for kind, name in (("ImagingStudy", maria.id), ("Patient", str(maria.record))):
        assert maria.get(f"me/{kind}/{name}").status_code == 200
        assert maria.get(f"me/{kind}/{name}", program).status_code == 404
        assert browser(None).get(f"/fhir/me/{kind}/{name}").status_code == 404
    held = [each["identifier"][0]["value"] for each in maria.all("me/ImagingStudy")]
    assert f"urn:oid:{maria.held}" not in held
    assert browser(None).get("/fhir/me/metadata").status_code == 200


def test_a_program_is_not_told_what_she_gives_and_who_looked(maria: Maria) -> None:
    """That is for her own eyes; she sees it, by name."""
    for kind in ("Consent", "AuditEvent"):
        assert maria.get(f"me/{kind}", maria.secret).status_code == 404
    maria.all("me/ImagingStudy", maria.secret)
    (consent,) = maria.all("me/Consent", status="active", patient=str(maria.record))
    logged = maria.all("me/AuditEvent", patient=str(maria.record))

    assert consent["provision"]["actor"][0]["reference"] == {"display": "FHIR app"}
    assert maria.all("me/Consent", status="inactive") == []
    assert maria.all("me/Consent", patient=str(uuid4())) == []
    who = {each["agent"][0]["who"].get("display") for each in logged}
    assert "FHIR app" in who
    assert all(each["id"].startswith(f"{maria.record}.") for each in logged)


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("me/ImagingStudy?started=yesterday", "*/*", 400),
        ("me/ImagingStudy?_count=0", "*/*", 400),
        ("me/Patient", "application/fhir+xml", 406),
        ("me/Patient?_format=xml", "*/*", 406),
        ("me/Practitioner", "*/*", 404),
        ("me/Patient/a,b", "*/*", 404),
        ("../Patient", "*/*", 404),
    ],
)
def test_what_cannot_be_had_is_an_outcome(
    maria: Maria, path: str, accept: str, status: int
) -> None:
    """With a reference that stands in the log."""
    answer = maria.page.get(f"/fhir/{path}", headers={"accept": accept})
    assert answer.status_code == status, answer.text
    if path.startswith("me"):
        (issue,) = answer.json()["issue"]
        assert issue["diagnostics"]
