"""shared.fhir: rosters as hospitals send them."""

import json
from typing import Any

import pytest

from shared.fhir import Bundle, NotARoster, Patient


def patient(**told: object) -> Patient:
    return Patient.model_validate({"resourceType": "Patient", **told})


def test_a_bundle_gives_its_patients_and_nothing_else() -> None:
    """Other resources and unknown fields are passed over."""
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "identifier": [{"value": "1"}], "photo": [{}]},
        {"resourceType": "Organization", "identifier": "odd"},
        {"resourceType": "Patient", "birthDate": "1970-01", "gender": "female"},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "total": 3}
    bundle["entry"] = [{"fullUrl": "urn:x", "resource": one} for one in resources]

    first, second = Bundle.patients(json.dumps(bundle).encode())

    assert first.identifier[0].value == "1"
    assert (second.birth_date, second.gender) == ("1970-01", "female")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_one_patient_alone_is_a_roster(mark: bytes) -> None:
    """Also behind a byte order mark, as Windows writes it."""
    assert len(Bundle.patients(mark + b'{"resourceType": "Patient"}')) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"Zoe", "not-json"),
        (b"[]", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"{}", "not-a-bundle"),
        (b'{"resourceType": "Observation"}', "not-a-bundle"),
        (b'{"resourceType": "Bundle"}', "no-patients"),
        (b'{"resourceType": "Bundle", "entry": [{"resource": {}}]}', "no-patients"),
        (b'{"resourceType": "Patient", "identifier": "1"}', "patient-malformed"),
        (b'{"resourceType": "Bundle", "entry": 1}', "patient-malformed"),
    ],
)
def test_what_is_no_roster_has_a_code(body: bytes, code: str) -> None:
    """Which never quotes what was there."""
    with pytest.raises(NotARoster) as refused:
        Bundle.patients(body)
    assert (refused.value.code, str(refused.value)) == (code, code)


@pytest.mark.parametrize(
    ("telecom", "email", "phone"),
    [
        ([{"system": "email", "value": " a@x.org "}], "a@x.org", None),
        ([{"system": "email", "value": "a@x.org\nBcc: b@x.org"}], None, None),
        ([{"system": "email", "value": "a@x.org,b@x.org"}], None, None),
        ([{"system": "email", "value": "nowhere"}], None, None),
        ([{"system": "phone", "value": "+1 (555) 010-00"}], None, "+155501000"),
        ([{"system": "phone", "value": "ask at the desk"}], None, None),
        ([{"system": "fax", "value": "+155501000"}], None, None),
        ([{"system": "email", "use": "old", "value": "a@x.org"}], None, None),
        (
            [
                {"system": "phone", "value": "11111"},
                {"system": "phone", "use": "mobile", "value": "22222"},
                {"system": "email", "rank": 2, "value": "b@x.org"},
                {"system": "email", "rank": 1, "value": "a@x.org"},
            ],
            "a@x.org",
            "22222",
        ),
    ],
)
def test_how_a_patient_is_reached(
    telecom: list[dict[str, Any]], email: str | None, phone: str | None
) -> None:
    """The best address and number, only where they can be used."""
    found = patient(telecom=telecom)
    assert (found.email, found.phone) == (email, phone)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], None),
        ([{"use": "old", "text": "Gone"}], None),
        ([{"family": "Roe", "given": ["Zoë", "M"]}], "Zoë M Roe"),
        ([{"use": "official", "text": "O"}, {"use": "usual", "text": "U"}], "U"),
    ],
)
def test_what_a_patient_is_called(names: list[dict[str, Any]], shown: str | None) -> None:
    """As they are usually called, never by an old name."""
    assert patient(name=names).display_name == shown


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        ([], None),
        ([{"language": {"coding": [{"code": "es"}]}}], "es"),
        ([{"language": {"text": "Spanish"}}], None),
        (
            [
                {"language": {"coding": [{"code": "en"}]}},
                {"language": {"coding": [{"code": "pt-BR"}]}, "preferred": True},
            ],
            "pt-BR",
        ),
    ],
)
def test_which_language_a_patient_prefers(
    spoken: list[dict[str, Any]], language: str | None
) -> None:
    """The preferred one, else the first."""
    assert patient(communication=spoken).language == language
