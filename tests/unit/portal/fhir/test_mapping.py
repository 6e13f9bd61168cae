"""portal.fhir.mapping: rows of the catalogue in FHIR's words."""

from datetime import date
from typing import Any

import pytest

from services.portal.fhir.bundles import SEARCHED, searchset
from services.portal.fhir.mapping import names, started
from services.portal.fhir.queries import KNOWN


@pytest.mark.parametrize(
    ("time", "zone", "told"),
    [
        ("101500.123", "+0100", "2024-11-18T10:15:00+01:00"),
        ("235960", "-0500", "2024-11-18T23:59:59-05:00"),  # a leap second
        ("101500", None, "2024-11-18"),
        ("1015", "+0100", "2024-11-18"),
        (None, "+0100", "2024-11-18"),
    ],
)
def test_a_time_without_its_zone_is_not_told(time: str | None, zone: str | None, told: str) -> None:
    """FHIR knows no time of day without a zone; the day is sure."""
    row: dict[str, Any] = {"study_date": date(2024, 11, 18), "study_time": time, "utc_offset": zone}
    assert started(row) == told
    assert started(row | {"study_date": None}) is None


def test_names_are_told_by_their_groups() -> None:
    """PS3.5 §6.2.1.2: five parts, three groups."""
    assert names("Case^Maria^Luz^Dr.^") == [
        {
            "text": "Dr. Maria Luz Case",
            "family": "Case",
            "given": ["Maria", "Luz"],
            "prefix": ["Dr."],
        }
    ]
    assert [each["family"] for each in names("Yamada^Tarou=山田^太郎")] == ["Yamada", "山田"]
    assert names("") == names("^^") == []


def test_what_is_said_to_be_searched_by_is() -> None:
    """The CapabilityStatement promises what there is."""
    assert {kind: set(by) for kind, by in SEARCHED.items()} == {
        kind: set(by) for kind, by in KNOWN.items()
    }


def test_pages_follow_each_other() -> None:
    """The next page's address says where it begins, whatever this one's says."""
    said = [("_count", "1"), ("_offset", "3")]
    told = searchset("http://h/fhir/me/Patient", [{"resourceType": "Patient", "id": "a"}], said, 4)
    links = {each["relation"]: each["url"] for each in told["link"]}
    assert links["self"] == "http://h/fhir/me/Patient?_count=1&_offset=3"
    assert links["next"] == "http://h/fhir/me/Patient?_count=1&_offset=4"
    assert told["entry"][0]["fullUrl"] == "http://h/fhir/me/Patient/a"
