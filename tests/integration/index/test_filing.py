"""services.index on the real servers: what is filed, counted and presented."""

import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from shared.consumer import Verdict
from shared.db import Refused
from shared.events import Event, Outcome
from tests.integration.index.conftest import Hospital, new_uid

TIMES = {"created_at", "first_seen", "last_seen", "waiting_since", "due_at", "filed_at"}
TIMES |= {"settled_at", "available_at", "changes", "record", "id", "conflict_told"}


def told_of(hospital: Hospital) -> dict[str, list[dict[str, object]]]:
    """Return the site's rows without times, site and record ids."""
    return {
        table: [
            {name: row[name] for name in row if name not in TIMES | {"site"}}
            for row in hospital.rows(table, order)
        ]
        for table, order in (
            ("study", "2"),
            ("series", "2, 3"),
            ("content", "2, 3"),
            ("settlement", "2, 3"),
        )
    }


def test_instances_are_counted_and_described(hospital: Hospital) -> None:
    """A study's row counts what is presented, and says what its oldest header says."""
    study = new_uid()
    stored = [hospital.stored(study, number) for number in (1, 2, 3)]
    outcomes = [Outcome.TRANSCODED, Outcome.KEPT, Outcome.FAILED]
    settled = [hospital.transcoded(*pair) for pair in zip(stored, "abc", outcomes, strict=True)]

    judged = hospital.take([*stored, *settled])

    row = hospital.study(study)
    assert {one.verdict for one in judged} == {Verdict.ACK}
    assert (row["series_count"], row["instance_count"], row["failed_count"]) == (1, 3, 1)
    assert (row["patient_name"], row["modalities"]) == ("Müller^Zoë", ["CT"])
    assert row["record"] is not None
    assert row["due_at"] is not None
    (series,) = hospital.rows("series")
    assert (series["modality"], series["instance_count"]) == ("CT", 3)


def test_a_redelivery_leaves_the_study_alone(hospital: Hospital) -> None:
    """The same event again changes no row, so nothing becomes due."""
    study = new_uid()
    events: list[Event] = [stored := hospital.stored(study, 1), hospital.transcoded(stored)]
    hospital.take(events)
    before = hospital.study(study)

    hospital.take(events)

    assert hospital.study(study) == before


def test_a_batch_that_cannot_be_counted_files_nothing(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A content without its study's row would never be told; so both come, or neither."""
    study = new_uid()
    stored = hospital.stored(study, 1)
    events: list[Event] = [stored, hospital.transcoded(stored)]

    def fail(*_anything: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("services.index.described.count", fail)
        judged = hospital.take(events)
    assert {one.verdict for one in judged} == {Verdict.RETRY}
    assert not hospital.rows("content")
    assert not hospital.rows("settlement")

    hospital.take(events)
    assert hospital.study(study)["instance_count"] == 1


def test_two_replicas_that_count_at_once_end_with_the_right_counts(hospital: Hospital) -> None:
    """Neither sees half, and neither waits for the other in a circle."""
    studies = [new_uid() for _ in range(3)]
    events: list[Event] = []
    for study in studies:
        for number in range(1, 13):
            stored = hospital.stored(study, number)
            events += [stored, hospital.transcoded(stored, pixels=str(number))]
    Random(2).shuffle(events)  # noqa: S311  any order will do, the same each time
    parts = [events[place::8] for place in range(8)]

    with ThreadPoolExecutor(4) as replicas:
        judged = [one for part in replicas.map(hospital.take, parts) for one in part]

    assert {one.verdict for one in judged} == {Verdict.ACK}
    assert [hospital.study(study)["instance_count"] for study in studies] == [12, 12, 12]


def test_shuffled_and_doubled_events_give_the_same_rows(hospital: Hospital) -> None:
    """Settlements may precede contents, groups of one UID may come in any order."""
    study = new_uid()
    events: list[Event] = []
    for number, second, pixels, name in (
        (1, 1, "a", "A^B"),
        (1, 9, "a", "A^C"),
        (1, 5, "other", "A^D"),
        (2, 2, "b", "A^B"),
    ):
        stored = hospital.stored(study, number, second=second, PatientName=name)
        events += [stored, hospital.transcoded(stored, pixels)]
    events.append(stranger := hospital.stored(study, 7, second=20, patient_id="0815"))
    events.append(hospital.transcoded(stranger))
    results = []
    for seed in range(6):
        hospital.run("DELETE FROM catalogue.content WHERE site = %s", hospital.site)
        hospital.run("DELETE FROM catalogue.settlement WHERE site = %s", hospital.site)
        hospital.run("DELETE FROM catalogue.series WHERE site = %s", hospital.site)
        hospital.run("DELETE FROM catalogue.study WHERE site = %s", hospital.site)
        shuffled = events * 2
        Random(seed).shuffle(shuffled)  # noqa: S311  as above
        for place in range(0, len(shuffled), 3):
            hospital.take(shuffled[place : place + 3])
        results.append(told_of(hospital))

    for result in results:
        assert result == results[0]
    (row,) = results[0]["study"]
    assert (row["instance_count"], row["conflict_count"]) == (2, 2)
    assert row["patient_name"] == "A^B"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_group_under_one_uid_is_sorted_the_same_way(hospital: Hospital, backwards: bool) -> None:  # noqa: FBT001  a case
    """The newest header of the same picture is shown; another picture waits for a human."""
    study = new_uid()
    first = hospital.stored(study, 1, second=1)
    revised = hospital.stored(study, 1, second=2, StudyDescription="revised")
    other = hospital.stored(study, 1, second=3, StudyDescription="other picture")
    group = list(zip((first, revised, other), "aab", strict=True))
    for stored, pixels in reversed(group) if backwards else group:
        hospital.take([stored])
        hospital.take([hospital.transcoded(stored, pixels)])

    standing = {row["sha256"]: row["standing"] for row in hospital.rows("content")}
    assert standing == {
        first.object.sha256: "superseded",
        revised.object.sha256: "presented",
        other.object.sha256: "conflicting",
    }
    (event,) = hospital.told("instance.conflicted")
    assert event["reason"] == "other-pixels"
    assert event["other_sha256"] == other.object.sha256


def test_a_study_with_two_patient_ids_keeps_the_first(hospital: Hospital) -> None:
    """A file of another patient is never attached by machine, and a human is asked once."""
    study = new_uid()
    ours, theirs = hospital.stored(study, 1), hospital.stored(study, 2, patient_id="0815")
    hospital.take([ours, theirs])
    hospital.take([hospital.transcoded(ours), hospital.transcoded(theirs, "b")])

    row = hospital.study(study)
    conflicts = [one["conflict"] for one in hospital.rows("content")]
    assert (row["instance_count"], row["conflict_count"]) == (1, 1)
    assert sorted(conflicts, key=str) == [None, "other-patient"]
    assert [event["reason"] for event in hospital.told("instance.conflicted")] == ["other-patient"]
    (record,) = [r for r in hospital.rows("record") if r["record"] == row["record"]]
    assert record["patient_id"] == "4711"


def test_one_instance_in_two_studies_stays_in_the_first(hospital: Hospital) -> None:
    """The older content keeps the SOP Instance UID."""
    uids = sorted(new_uid() for _ in range(2))
    here = hospital.stored(uids[1], 1, second=1, SOPInstanceUID=f"{uids[0]}.9")
    there = hospital.stored(uids[0], 2, second=2, SOPInstanceUID=f"{uids[0]}.9")
    with ThreadPoolExecutor(2) as replicas:
        list(replicas.map(hospital.take, ([here], [there])))

    assert [hospital.study(uid)["instance_count"] for uid in uids] == [0, 1]
    assert [event["reason"] for event in hospital.told("instance.conflicted")] == ["other-study"]


def test_a_file_without_patient_id_is_unassigned(hospital: Hospital) -> None:
    """It can be found, and is nobody's."""
    study = new_uid()
    hospital.take([hospital.stored(study, 1, patient_id=None)])

    row = hospital.study(study)
    assert (row["record"], row["instance_count"]) == (None, 1)
    assert hospital.rows("content")[0]["marks"] == ["no-patient-id"]


def test_the_header_is_kept_as_dicom_json(hospital: Hospital) -> None:
    """What the row holds is the file's own header, in UTF-8."""
    hospital.take([hospital.stored(new_uid(), 1)])

    header = json.loads(zlib.decompress(hospital.rows("content")[0]["header"]))
    assert header["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Müller^Zoë"}]}


def test_the_role_of_index_cannot_read_what_is_not_its_own(hospital: Hospital) -> None:
    """Letters are notify's."""
    with pytest.raises(Refused) as refused, hospital.index.transaction() as connection:
        connection.execute("SELECT * FROM notify.delivery")
    assert refused.value.sqlstate == "42501"
