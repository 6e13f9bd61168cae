"""deploy.local.demo.people: who the patients of the demo are, and how they are reached."""

import json

from deploy.local.demo.people import Known, people, roster

KNOWN = [Known(f"P{number}", "") for number in range(6)] + [Known("Q", "", "Quintero^María")]


def test_one_has_only_a_telephone_and_one_cannot_be_reached() -> None:
    """Every way to tell a patient happens in the demo, and the one that is named gets a letter."""
    persons = people(KNOWN, "es")
    assert sum(bool(one.phone) and not one.email for one in persons) == 1
    assert [one.patient_id for one in persons if not one.email and not one.phone] == ["P5"]
    named = next(one for one in persons if one.patient_id == "Q")
    assert (named.family, named.given, named.language) == ("Quintero", "María", "es")
    assert named.email
    assert {one.language for one in persons} == {"en", "es"}


def test_addresses_lead_nowhere() -> None:
    """No letter of a demo can reach a stranger."""
    for one in people(KNOWN, "en"):
        assert one.email.endswith("@example.org") or not one.email
        assert one.phone.startswith(("+1202555", "+34600000")) or not one.phone


def test_the_roster_says_the_same_each_time() -> None:
    """The order of the files does not matter, and each patient is there once."""
    first = roster(people(KNOWN, "es"))
    assert roster(people([*reversed(KNOWN), KNOWN[0]], "es")) == first
    entries = json.loads(first)["entry"]
    assert sorted(each["resource"]["identifier"][0]["value"] for each in entries) == sorted(
        one.patient_id for one in KNOWN
    )
