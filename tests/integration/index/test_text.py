"""Names, text and times of real files, through index into PostgreSQL and out of a search."""

from pathlib import Path
from typing import Any

import pydicom
import pytest

from services.index import dicomjson
from shared import catalogue
from shared.catalogue import StudyRow
from tests.integration.index.conftest import Hospital, new_uid

FILES = Path(pydicom.__file__).parent / "data/charset_files"
# As PS3.5 Annexes H, I, J and K, and the files' own list, spell them.
NAMES = {
    "chrArab": "قباني^لنزار",
    "chrFren": "Buc^Jérôme",
    "chrFrenMulti": "Buc^Jérôme",
    "chrGerm": "Äneas^Rüdiger",
    "chrGreek": "Διονυσιος",
    "chrH31": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "chrH32": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "chrHbrw": "שרון^דבורה",
    "chrI2": "Hong^Gildong=洪^吉洞=홍^길동",
    "chrJapMulti": "やまだ^たろう",
    "chrJapMultiExplicitIR6": "やまだ^たろう",
    "chrKoreanMulti": "김희중",
    "chrRuss": "Люкceмбypг",  # noqa: RUF001  some of it is Latin, as in the file
    "chrX1": "Wang^XiaoDong=王^小東",
    "chrX2": "Wang^XiaoDong=王^小东",
}
# As people type them: another case, width, kana or order, without accents, or in one word.
TYPED = {
    "chrFren": ["jerome buc", "JÉRÔ"],
    "chrGreek": ["ΔΙΟΝΎΣΙΟΣ"],
    "chrH31": ["太郎 山田", "山田太郎", "ヤマダ", "ｙａｍａ"],  # noqa: RUF001  full width
    "chrH32": ["ヤマダ タロウ", "やまだたろう"],
    "chrI2": ["길동", "洪吉洞", "gildong hong"],
    "chrKoreanMulti": ["희중"],
    "chrHbrw": ["שָׁרוֹן"],
}


def find(hospital: Hospital, said: str) -> list[StudyRow]:
    with hospital.index.transaction() as connection:
        return catalogue.find(connection, said, site=hospital.site)


def test_the_patient_of_every_character_set_is_found_by_each_group(hospital: Hospital) -> None:
    """Stored in UTF-8, found by each group as written, and as people type it."""
    assert set(NAMES) | {"chrSQEncoding", "chrSQEncoding1"} == {
        path.stem for path in FILES.glob("*.dcm")
    }
    studies = {name: new_uid() for name in NAMES}
    hospital.take(
        hospital.stored_file(FILES / f"{name}.dcm", study) for name, study in studies.items()
    )

    for name, study in studies.items():
        assert hospital.study(study)["patient_name"] == NAMES[name]
        for said in [*NAMES[name].split("="), *TYPED.get(name, [])]:
            assert study in {row.study_uid for row in find(hospital, said)}, (name, said)
    assert {tuple(row["marks"]) for row in hospital.rows("content")} <= {(), ("no-patient-id",)}


def test_text_that_fits_nothing_is_stored_and_marked(hospital: Hospital) -> None:
    """The rest of the name finds it."""
    study = new_uid()
    hospital.take([hospital.stored(study, 1, PatientName=b"Roe^Zo\xff\xfe")])

    (row,) = find(hospital, "roe")
    assert row.patient_name == "Roe^Zo\ufffd\ufffd"
    with hospital.index.transaction() as connection:
        picture = catalogue.study(connection, hospital.site, study)
    assert picture is not None
    assert picture.series[0].contents[0].marks == ("undecodable-text",)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"StudyTime": "1015"}, "2023-05-04T10:15:00+02:00"),
        ({"StudyTime": "1015", "TimezoneOffsetFromUTC": "-0500"}, "2023-05-04T17:15:00+02:00"),
        ({"StudyTime": "nine"}, None),
        ({}, None),
    ],
)
def test_a_study_is_shown_by_its_sites_clock(
    hospital: Hospital, told: dict[str, Any], shown: str | None
) -> None:
    """What the file tells stays as told beside it."""
    hospital.run("UPDATE sites.site SET timezone = 'Europe/Madrid' WHERE site = %s", hospital.site)
    with dicomjson.lenient():
        stored = hospital.stored(new_uid(), 1, **told)
    hospital.take([stored])

    (row,) = find(hospital, "")
    assert (row.studied_at and row.studied_at.isoformat()) == shown
    assert str(row.study_date) == "2023-05-04"
    assert row.utc_offset == told.get("TimezoneOffsetFromUTC")
