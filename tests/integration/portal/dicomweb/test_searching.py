"""QIDO of what one person may see, on the real catalogue."""

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.portal.dicomweb.conftest import KINDS, PATIENT, Stage


def asked(stage: Stage, path: str, root: str | None = None, **more: str) -> list[dict[str, Any]]:
    answer = stage.get(path, root, **more)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def uids(found: list[dict[str, Any]]) -> set[str]:
    return {one["0020000D"]["Value"][0] for one in found}


def test_two_hospitals_are_merged_and_a_study_of_both_is_there_once(stage: Stage) -> None:
    """The complete one: five slices in the south, three in the north."""
    found = asked(stage, "/studies", "me", StudyInstanceUID=stage.slices)

    assert [one["00201208"]["Value"] for one in found] == [[5]]
    assert uids(asked(stage, "/studies", "me")) == {stage.slices, stage.study}
    (north,) = asked(stage, "/studies", stage.north, StudyInstanceUID=stage.slices)
    assert north["00201208"]["Value"] == [3]
    assert uids(asked(stage, "/studies", stage.south)) == {stage.slices}


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ({"PatientName": "muller^zoe"}, True),
        ({"PatientName": "MÜLLER^Z*"}, True),
        ({"PatientName": "m?ller*"}, True),
        ({"PatientName": "Müller"}, False),  # PS3.4 §C.2.2.2.1: all of the value
        ({"PatientName": "zoe", "fuzzymatching": "true"}, True),
        ({"00100010": "*"}, True),
        ({"PatientID": PATIENT}, True),
        ({"PatientID": "P-2"}, False),
        ({"PatientID": "P%"}, False),
        ({"StudyDate": "20230504"}, True),
        ({"StudyDate": "20230101-20231231"}, True),
        ({"StudyDate": "-20230503"}, False),
        ({"StudyDate": "20230504-"}, True),
        ({"ModalitiesInStudy": "MR\\ct"}, True),
        ({"ModalitiesInStudy": "US"}, False),
        ({"AccessionNumber": "a-47*"}, True),
        ({"StudyDescription": "*HEAD*"}, True),
        ({"limit": "1", "nonsense": "1"}, True),
        ({"offset": "1"}, False),
    ],
)
def test_a_study_is_found_by_what_it_is(stage: Stage, query: dict[str, str], there: bool) -> None:  # noqa: FBT001
    """In either case, without accents, by ranges and lists."""
    found = asked(stage, "/studies", stage.south, **query)
    assert uids(found) == ({stage.slices} if there else set())


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "99999999999"},
        {"offset": "-1"},
        {"StudyDate": "yesterday"},
        {"StudyDate": "20230231"},
        {"StudyInstanceUID": "1.2'; --"},
        {"PatientName": "*" * 50},
        {"fuzzymatching": "perhaps"},
        {"Rows": "512"},
        {"PatientName": "\0"},
    ],
)
def test_absurd_questions_get_a_sentence(stage: Stage, query: dict[str, str]) -> None:
    """400, and nothing of what was said."""
    answer = stage.get("/studies", **query)
    assert answer.status_code == 400
    assert next(iter(query.values()))[:6] not in answer.json()["message"] or "limit" in query


def test_series_and_instances_are_found(stage: Stage) -> None:
    """Each level with the attributes of its table; more of the header where it is wished."""
    series = asked(stage, f"/studies/{stage.study}/series")
    modalities = asked(stage, "/series", Modality="CT")
    path = f"/studies/{stage.slices}/series/{stage.slices}.1/instances"
    instances = asked(stage, path, "me", includefield="WindowCenter,00080008", limit="2")

    assert len(series) == len(KINDS)
    assert f"{stage.slices}.1" in {one["0020000E"]["Value"][0] for one in modalities}
    assert [one["00200013"]["Value"] for one in instances] == [[1], [2]]
    assert instances[0]["00280010"]["Value"] == [64]
    assert instances[0]["00281050"]["Value"] == [40]
    assert instances[0]["00081190"]["Value"][0].endswith(f"{path}/{stage.slices}.1.1")


def test_more_than_were_asked_for_are_announced(stage: Stage) -> None:
    """PS3.18 §8.3.4.4: a warning says that there is more."""
    few = stage.get("/studies", "me", limit="1")
    every = stage.get("/studies", "me")

    assert few.headers["warning"].startswith("299 ")
    assert "warning" not in every.headers


def test_a_search_stands_in_each_records_log_once(stage: Stage) -> None:
    """A quarter of an hour is one entry, however often somebody asks."""
    for _ in range(3):
        asked(stage, "/studies", "me")
    rows = stage.people.received.rows(
        "SELECT r.site, count(*) FROM access.entry JOIN catalogue.record AS r USING (record)"
        " WHERE r.site IN (%s, %s) AND action = 'list-opened' GROUP BY r.site ORDER BY r.site",
        stage.north,
        stage.south,
    )
    assert [(row["site"], row["count"]) for row in rows] == [(stage.north, 1), (stage.south, 1)]


@pytest.mark.parametrize("path", ["/studies", "/series"])
@pytest.mark.parametrize("root", ["me", "south"])
def test_a_guest_is_listed_what_was_given_and_nothing_else(
    stage: Stage, path: str, root: str
) -> None:
    """In lists over all studies, of one hospital or of all of them."""
    grant = stage.people.grant(stage.person, [(stage.south, stage.slices)], keep=False)
    viewing, _ = stage.people.guest(grant, stage.person)
    guest = replace(stage, viewing=viewing)
    at = root if root == "me" else stage.south
    assert uids(asked(guest, path, at)) == {stage.slices}
    (found,) = asked(guest, path, at, StudyInstanceUID=stage.slices)
    assert found["00081190"]["Value"][0].endswith(f"/v/{viewing}/dicomweb/{at}{way(found)}")
    assert uids(asked(guest, path, "me", StudyInstanceUID=stage.study)) == set()


def way(found: dict[str, Any]) -> str:
    """Return the path of a study, or of a series."""
    steps = (("0020000D", "studies"), ("0020000E", "series"))
    return "".join(f"/{name}/{found[tag]['Value'][0]}" for tag, name in steps if tag in found)
