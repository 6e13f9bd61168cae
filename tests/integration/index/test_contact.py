"""Rosters and the view `catalogue.contact`: whom a letter goes to, and whom never."""

import json
from hashlib import sha256
from typing import Any

import pytest

from services.index import handler
from shared.errors import Malformed
from shared.events import PatientRegistered
from tests.integration.index.conftest import Hospital, new_uid


def patient(number: str, email: str, system: str | None = None) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"value": number, "system": system}],
        "name": [{"family": "Roe", "given": ["Zoë"]}],
        "telecom": [{"system": "email", "value": email}],
        "communication": [{"language": {"coding": [{"code": "es"}]}}],
    }


def roster(hospital: Hospital, *patients: dict[str, Any], body: bytes | None = None) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in patients]}
    content = body if body is not None else json.dumps(bundle).encode()
    key = f"{hospital.site}/rosters/{sha256(content).hexdigest()}"
    event = PatientRegistered(
        site=hospital.site,
        object=hospital.archive.put("archive", key, content),
        patients=len(patients) or 1,
    )
    handler.register(event, storage=hospital.storage, database=hospital.index)


def contacts(hospital: Hospital) -> dict[tuple[str, str], str | None]:
    with hospital.owner.transaction() as connection:
        rows = connection.execute(
            "SELECT r.issuer, r.patient_id, c.email FROM catalogue.contact AS c"
            " JOIN catalogue.record AS r USING (record) WHERE c.site = %s",
            (hospital.site,),
        )
        return {(row["issuer"], row["patient_id"]): row["email"] for row in rows}


@pytest.mark.parametrize("first", ["roster", "study"])
def test_a_patient_is_reached_whichever_comes_first(hospital: Hospital, first: str) -> None:
    """The identifier joins roster and study."""
    told = patient("4711", "zoe@example.org", "urn:any")
    if first == "roster":
        roster(hospital, told)
    hospital.take([hospital.stored(new_uid(), 1)])
    if first == "study":
        roster(hospital, told)

    assert contacts(hospital) == {("", "4711"): "zoe@example.org"}


def test_of_two_rosters_the_newer_counts(hospital: Hospital) -> None:
    """A new address replaces the old one."""
    hospital.take([hospital.stored(new_uid(), 1)])
    roster(hospital, patient("4711", "old@example.org"))
    roster(hospital, patient("4711", "new@example.org"))

    assert contacts(hospital) == {("", "4711"): "new@example.org"}


def test_the_same_number_by_two_issuers_is_written_to_only_by_its_own(hospital: Hospital) -> None:
    """Nobody gets another person's letter: an identifier that fits two fits none."""
    for issuer in ("A", "B"):
        hospital.take([hospital.stored(new_uid(), 1, IssuerOfPatientID=issuer)])
    roster(hospital, patient("4711", "who@example.org", "urn:any"))
    unclear = contacts(hospital)
    roster(hospital, patient("4711", "a@example.org", "A"))

    assert unclear == {("A", "4711"): None, ("B", "4711"): None}
    assert contacts(hospital) == {("A", "4711"): "a@example.org", ("B", "4711"): None}


def test_one_number_with_two_systems_is_nobody_for_certain(hospital: Hospital) -> None:
    """Two people in one roster, one record: a human has to say whose it is."""
    hospital.take([hospital.stored(new_uid(), 1)])
    roster(hospital, patient("4711", "a@x.org", "urn:a"), patient("4711", "b@x.org", "urn:b"))

    assert contacts(hospital) == {("", "4711"): None}


def test_a_roster_is_filed_for_the_reconciler(hospital: Hospital) -> None:
    """Its receipt is then done."""
    roster(hospital, patient("1", "a@example.org"))

    with hospital.owner.transaction() as connection:
        filed = connection.execute(
            "SELECT count(*) AS n FROM catalogue.filed WHERE site = %s", (hospital.site,)
        ).fetchall()
    assert filed == [{"n": 1}]


def test_what_is_no_roster_is_the_message_s_fault(hospital: Hospital) -> None:
    """It goes to the dead letters, with a code and without its text."""
    with pytest.raises(Malformed) as malformed:
        roster(hospital, body=b'{"resourceType": "Zoe"}')
    assert str(malformed.value) == "not-a-bundle"
