"""shared.catalogue on rows that index wrote."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from shared import catalogue
from tests.integration.index.conftest import Hospital, new_uid


@pytest.fixture
def filled(hospital: Hospital) -> Hospital:
    """File three studies of two patients."""
    described: tuple[dict[str, Any], ...] = (
        {"PatientName": "Müller^Zoë=山田^太郎", "StudyDescription": "Rodilla izquierda"},
        {"Modality": "MR", "BodyPartExamined": "KNEE", "StudyDate": "20240101"},
        {"PatientName": "Ødegård^Åse", "patient_id": "0815", "AccessionNumber": "A-77"},
    )
    for number, others in enumerate(described, start=1):
        hospital.take([hospital.stored(new_uid(), number, **others)])
    return hospital


def numbers(hospital: Hospital, said: str, asked: Mapping[str, Any]) -> list[str]:
    with hospital.index.transaction() as connection:
        found = catalogue.find(connection, said, site=hospital.site, **asked)
    return sorted(f"{row.study_date}/{row.patient_id}" for row in found)


KNEE, MR, ASE = "2023-05-04/4711", "2024-01-01/4711", "2023-05-04/0815"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("", [ASE, KNEE, MR]),
        ("mull", [KNEE, MR]),
        ("MÜLLER zoe", [KNEE, MR]),
        ("山田", [KNEE]),
        ("ller", []),  # the start of a word, not its middle
        ("odegard ase", [ASE]),
        ("knee", [KNEE, MR]),  # also where the hospital wrote it in Spanish
        ("rodilla mri", [MR]),
        ("resonancia 2024", [MR]),
        ("a-77", [ASE]),
        ("081", [ASE]),
        ("100%", []),
        ("_", [ASE, KNEE, MR]),  # no word at all
    ],
)
def test_plain_words_find_studies(filled: Hospital, said: str, found: list[str]) -> None:
    """Without accents, by the start of words, in plain English and Spanish."""
    assert numbers(filled, said, {}) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"patient_id": "0815"}, [ASE]),
        ({"accession": "A-77"}, [ASE]),
        ({"modality": "mr"}, [MR]),
        ({"dates": (date(2024, 1, 1), None)}, [MR]),
        ({"dates": (None, date(2023, 12, 31))}, [ASE, KNEE]),
    ],
)
def test_fields_find_studies(filled: Hospital, asked: dict[str, Any], found: list[str]) -> None:
    """Each narrows the search."""
    assert numbers(filled, "", asked) == found


def test_pages_follow_each_other(filled: Hospital) -> None:
    """Every study once, the newest first."""
    pages: list[catalogue.StudyRow] = []
    with filled.index.transaction() as connection:
        after = None
        while page := catalogue.find(connection, site=filled.site, limit=1, after=after):
            pages += page
            after = page[-1].position
    assert [row.study_date for row in pages] == [date(2024, 1, 1)] + [date(2023, 5, 4)] * 2
    assert len({row.study_uid for row in pages}) == 3


def test_a_study_without_date_comes_last(filled: Hospital) -> None:
    """And the page after it is empty."""
    filled.take([filled.stored(new_uid(), 4, StudyDate="")])
    with filled.index.transaction() as connection:
        rows = catalogue.find(connection, site=filled.site)
        rest = catalogue.find(connection, site=filled.site, after=rows[-1].position)
    assert rows[-1].study_date is None
    assert len(rows) == 4
    assert rest == []


def test_a_study_is_shown_with_all_its_contents(filled: Hospital) -> None:
    """Also what is not presented, and what transcode told."""
    study = new_uid()
    stored = filled.stored(study, 1)
    filled.take([stored, filled.transcoded(stored), filled.stored(study, 2, patient_id="9")])
    with filled.index.transaction() as connection:
        picture = catalogue.study(connection, filled.site, study)
        nothing = catalogue.study(connection, filled.site, "1.2")
    assert nothing is None
    assert picture is not None
    (series,) = picture.series
    assert [(one.standing, one.outcome) for one in series.contents] == [
        ("presented", "transcoded"),
        ("conflicting", None),
    ]
    assert picture.study.conflict_count == 1
