"""services.portal.dicomweb.matching: queries become conditions, and values stay values."""

from datetime import date

import pytest

from services.portal.dicomweb.matching import OF_SERIES, OF_STUDY, Search, search
from services.portal.dicomweb.parameters import Absurd

DAY = "coalesce(s.study_date, '-infinity')"  # as the index has it


def asked(*said: tuple[str, str]) -> Search:
    return search(said, {**OF_STUDY, **OF_SERIES})


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("StudyDate", "20230504", (f"{DAY} >= %s AND {DAY} <= %s",
            [date(2023, 5, 4), date(2023, 5, 4)])),
        ("StudyDate", "20230504-", (f"{DAY} >= %s", [date(2023, 5, 4)])),
        ("00080020", "-20230504", (f"{DAY} > %s::date AND {DAY} <= %s",
            ["-infinity", date(2023, 5, 4)])),
        ("AccessionNumber", "A_1%*?", ("s.accession_number ILIKE %s", [r"A\_1\%%_"])),
        ("StudyInstanceUID", "1.2,3.4\\5.6", ("s.study_uid = ANY (%s)", [["1.2", "3.4", "5.6"]])),
        ("ModalitiesInStudy", "mr\\CT", ("s.modalities && %s", [["MR", "CT"]])),
        ("Modality", "ct", ("e.modality = ANY (%s)", [["CT"]])),
        ("SeriesNumber", "3", ("e.series_number = %s", [3])),
        ("PatientName", "S*^j?.^^", ("catalogue.folded(s.patient_name) ~ catalogue.folded(%s)",
            [r"(^|=)S[^=]*\^j[^=]\.\^*(=|$)"])),
    ],
)  # fmt: skip
def test_a_value_is_matched_by_what_it_is(
    name: str, value: str, condition: tuple[str, list[object]]
) -> None:
    """PS3.4 §C.2.2.2; what is said never becomes SQL."""
    assert asked((name, value)).conditions == (condition,)


def test_empty_values_match_all_and_strangers_are_passed_over() -> None:
    """PS3.4 §C.2.2.2.3; `nocache` and its like are no attributes."""
    assert asked(("PatientName", ""), ("nocache", "1"), ("orderby", "x")) == Search(
        (), frozenset(), 10_000, 0
    )


def test_fields_are_gathered_by_their_tags() -> None:
    """By keyword or number, in one parameter or several."""
    found = asked(("includefield", "StudyDescription,00100040"), ("includefield", "all"))
    assert found.fields == {"00081030", "00100040", "all"}


@pytest.mark.parametrize(
    "said",
    [
        ("limit", "0"),
        ("limit", "1e3"),
        ("offset", "-1"),
        ("fuzzymatching", "perhaps"),
        ("Rows", "1"),
        ("PatientName", "x" * 300),
        ("PatientName", "*" * 9),
        ("PatientName", "a\0b"),
        ("StudyDate", "2023"),
        ("StudyDate", "-"),
        ("StudyDate", "2023050420230505"),
        ("StudyDate", "20239999"),
        ("StudyInstanceUID", "1.2'"),
        ("SeriesNumber", "one"),
    ],
)
def test_what_cannot_be_asked_is_refused(said: tuple[str, str]) -> None:
    """With a sentence."""
    with pytest.raises(Absurd, match=r"\.$"):
        asked(said)
