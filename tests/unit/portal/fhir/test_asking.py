"""portal.fhir.asking: what SMART Imaging Access searches by, and what cannot be meant."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.portal.dicomweb.parameters import Absurd
from services.portal.fhir.asking import Asked, asked, code, dates, reference, value
from services.portal.fhir.queries import KNOWN

ONE = UUID(int=1)


def day(*ymd: int) -> datetime:
    """Return when a day begins."""
    return datetime(*ymd, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("2024-05-04", ("(x >= %s AND x < %s)", [day(2024, 5, 4), day(2024, 5, 5)])),
        ("eq2024-12", ("(x >= %s AND x < %s)", [day(2024, 12, 1), day(2025, 1, 1)])),
        ("2024", ("(x >= %s AND x < %s)", [day(2024, 1, 1), day(2025, 1, 1)])),
        ("ge2024-05-04", ("x >= %s", [day(2024, 5, 4)])),
        ("gt2024-05-04", ("x >= %s", [day(2024, 5, 5)])),
        ("sa2024-01", ("x >= %s", [day(2024, 2, 1)])),
        ("le2024-05-04", ("x < %s", [day(2024, 5, 5)])),
        ("lt2024-05-04", ("x < %s", [day(2024, 5, 4)])),
        ("eb2024-05-04", ("x < %s", [day(2024, 5, 4)])),
        ("ge2024-05-04T10:00:00Z", ("x >= %s", [datetime(2024, 5, 4, 10, tzinfo=UTC)])),
        ("lt2024-05-04T12:00:00+02:00", ("x < %s", [datetime(2024, 5, 4, 10, tzinfo=UTC)])),
    ],
)
def test_a_date_is_an_interval(said: str, condition: tuple[str, list[object]]) -> None:
    """A prefix says on which side of it."""
    assert dates("x", said) == condition


@pytest.mark.parametrize(
    "said", ["", "ne2024", "2024-13", "2024-02-30", "9999", "2024-05-04T", "x", "ge", "0000"]
)
def test_what_is_no_date_is_refused(said: str) -> None:
    """In words."""
    with pytest.raises(Absurd):
        dates("x", said)


def test_tokens_and_references() -> None:
    """With or without what stands before them; who is nobody's finds nothing."""
    assert code("x", "http://system|CT,MR") == ("x && %s", [["CT", "MR"]])
    assert value("x", "urn:dicom:uid|urn:oid:1.2") == ("x = ANY (%s)", [["1.2"]])
    assert value("x,y", "A1") == ("x = ANY (%s) OR y = ANY (%s)", [["A1"], ["A1"]])
    for said in (str(ONE), f"Patient/{ONE}", f"https://host/fhir/me/Patient/{ONE}"):
        assert reference("x", said) == ("x = ANY (%s)", [[ONE]])
    assert reference("x", "Patient/7") == ("x = ANY (%s)", [[]])


def test_paging_is_bounded_and_the_unknown_is_passed_over() -> None:
    """What was not understood does not stand in the link to itself."""
    known = KNOWN["ImagingStudy"]
    found = asked([("_count", "5000"), ("_offset", "7"), ("colour", "red")], known)
    assert found == Asked((), 200, 7, (("_count", "5000"), ("_offset", "7")))
    absurd = [("_count", "0"), ("_offset", "-1"), ("_count", "x"), ("_id", "a\0")]
    for pair in (*absurd, ("_id", "a" * 300)):
        with pytest.raises(Absurd):
            asked([pair], known)
