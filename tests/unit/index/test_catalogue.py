"""services.index.catalogue: what rows say of a header, however odd it is."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.index.catalogue import (
    LARGEST,
    PatientKey,
    SeriesValues,
    StudyValues,
    display_name,
    search_words,
    values,
)


def element(*found: object) -> dict[str, Any]:
    return {"vr": "LO", "Value": list(found)}


def test_a_header_becomes_row_values() -> None:
    """Every attribute has its column."""
    told = values(
        {
            "00100010": element({"Alphabetic": "Roe^Zoë", "Phonetic": "x"}),
            "00100020": element(" 47 11 "),
            "00100021": element("NORTH"),
            "00100030": element("19700131"),
            "00080020": element("2023.05.04"),
            "00080030": element("10:15:30"),
            "00080201": element("+0100"),
            "00080060": element("MR"),
            "00200011": element("7"),
            "00200013": element(12),
        }
    )
    assert told.patient == PatientKey("NORTH", "47 11")
    assert (told.study.patient_name, told.study.study_date) == ("Roe^Zoë==x", date(2023, 5, 4))
    assert (told.study.study_time, told.study.utc_offset) == ("101530", "+0100")
    assert (told.series.modality, told.series.series_number) == ("MR", 7)
    assert (told.instance_number, told.marks) == (12, ())


@pytest.mark.parametrize(
    ("tag", "value", "mark"),
    [
        ("00080020", "20231399", "bad-date"),
        ("00080020", "yesterday", "bad-date"),
        ("00080020", "2023.0504", "bad-date"),
        ("00080020", "2023-05-04", "bad-date"),
        ("00080020", "20230504101500", "bad-date"),
        ("00080020", "00000000", "bad-date"),
        ("00080020", "20230229", "bad-date"),
        ("00080020", "٢٠٢٣٠٥٠٤", "bad-date"),  # digits, and none of DICOM's
        ("00100030", "20231399", "bad-date"),
        ("00080030", "2460", "bad-time"),
        ("00080030", "10h15", "bad-time"),
        ("00080201", "+2500", "bad-offset"),
        ("00080201", "CET", "bad-offset"),
        ("00200013", "1e400", "bad-number"),
        ("00200013", LARGEST + 1, "bad-number"),
        ("00200013", float("inf"), "bad-number"),
        ("00081030", "knee \ufffd", "undecodable-text"),
    ],
)
def test_a_bad_value_is_marked_and_never_fatal(tag: str, value: object, mark: str) -> None:
    """The rest of the header counts."""
    told = values({tag: element(value), "00100020": element("4711")})
    assert told.marks == (mark,)
    assert told.patient == PatientKey("", "4711")


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        ((), "no-patient-id"),
        (("   ",), "no-patient-id"),
        ((None,), "no-patient-id"),
        (("47\ufffd11",), "bad-patient-id"),  # another one may look just the same
        (("4" * 200,), "bad-patient-id"),
    ],
)
def test_an_id_that_cannot_be_trusted_names_nobody(found: tuple[object, ...], mark: str) -> None:
    """Better unassigned than somebody else's."""
    told = values({"00100020": element(*found)})
    assert told.patient is None
    assert mark in told.marks


JSON = st.recursive(
    st.none() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Value", "Alphabetic"]), inner)
    ),
    max_leaves=4,
)
TAGS = ["00100010", "00100020", "00100021", "00080020", "00200013", "00080060", "00080090"]


# Its first text is slow to make on a busy machine.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(TAGS), JSON | st.builds(element, JSON)))
def test_any_header_gives_rows_that_postgresql_takes(header: dict[str, Any]) -> None:
    """No NUL, no half character, no number too large: a bad file costs its batch nothing."""
    told = values(header)
    texts = [told.study.patient_name, told.study.referring_physician, told.series.modality]
    texts += [told.patient.patient_id, told.patient.issuer] if told.patient else []
    for text in filter(None, texts):
        assert "\x00" not in text
        assert text.encode()
    assert told.instance_number is None or abs(told.instance_number) <= LARGEST


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, None),
        ("Roe^Zoë^M^Dr.^PhD", "Dr. Zoë M Roe PhD"),
        ("Roe", "Roe"),
        ("=山田^太郎", "太郎 山田"),
        ("^^^^", None),
    ],
)
def test_a_name_is_written_as_on_an_envelope(name: str | None, shown: str | None) -> None:
    """PS3.5 §6.2.1: family, given, middle, prefix, suffix."""
    assert display_name(name) == shown


def test_search_words_hold_what_people_ask_for() -> None:
    """Name, number, description, accession, year, modality, body part."""
    study = StudyValues(
        "Roe^Zoë", None, None, date(2023, 5, 4), None, None, "A7", None, "Knee", None
    )
    text = search_words(study, "4711", [SeriesValues("MR", 1, "t2", "KNEE", "L")])
    assert text == "Roe^Zoë 4711 Knee A7 2023 MR KNEE t2"


def test_an_ideographic_name_is_also_one_word() -> None:
    """As it is written without a space."""
    study = StudyValues("Yamada^Tarou=山田^太郎=やまだ^たろう", *[None] * 9)
    assert search_words(study, None, []).split()[1:] == ["山田太郎", "やまだたろう"]
