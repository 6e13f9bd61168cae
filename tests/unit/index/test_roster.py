"""services.index.roster: whom a roster names."""

import json
from datetime import date
from typing import Any

import pytest

from services.index.roster import Contact, contacts
from shared.fhir import NotARoster


def roster(*patients: dict[str, Any]) -> bytes:
    entries = [{"resource": {"resourceType": "Patient", **one}} for one in patients]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_each_identifier_is_a_contact() -> None:
    """A patient has several numbers; each may be the one in the files."""
    found = contacts(
        roster(
            {
                "identifier": [{"value": "1"}, {"system": "urn:b", "value": "2"}, {"system": "c"}],
                "name": [{"family": "Roe", "given": ["Zoë"]}],
                "telecom": [{"system": "phone", "value": "+1 (555) 010-0"}],
            }
        )
    )
    assert found == [
        Contact("", "1", "Zoë Roe", None, "+15550100", None),
        Contact("urn:b", "2", "Zoë Roe", None, "+15550100", None),
    ]


@pytest.mark.parametrize("value", ["", "  ", "\x00", "4" * 200])
def test_an_unusable_identifier_is_passed_over(value: str) -> None:
    """It names nobody."""
    assert contacts(roster({"identifier": [{"value": value}]})) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [("1965-03-04", date(1965, 3, 4)), ("1965", None), ("1965-03", None), ("soon", None)],
)
def test_only_a_whole_birth_date_is_one(written: str, read: date | None) -> None:
    """Who claims a record must say day, month and year; a year alone proves nothing."""
    (found,) = contacts(roster({"identifier": [{"value": "1"}], "birthDate": written}))
    assert found.birth_date == read


def test_control_characters_never_reach_a_row() -> None:
    """PostgreSQL takes no NUL, and a letter's header no line break."""
    (found,) = contacts(
        roster({"identifier": [{"value": "1\x002"}], "name": [{"text": "Zoë\r\nBcc: x\x00"}]})
    )
    assert (found.patient_id, found.name) == ("1 2", "Zoë Bcc: x")


def test_what_is_no_roster_is_refused() -> None:
    """With a code, and without its text."""
    with pytest.raises(NotARoster) as refused:
        contacts(b"Zoe")
    assert refused.value.code == "not-json"
