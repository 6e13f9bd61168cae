"""services.index on an emptied catalogue: the same rows, and nothing told twice."""

from itertools import chain
from random import Random

from shared.db import Row
from shared.events import Event
from tests.integration.index.conftest import Hospital, new_uid
from tests.integration.index.test_due import receipt

# When things were done here, not when they happened: these may differ after a rebuild.
DONE_AT = {"created_at", "first_seen", "last_seen", "waiting_since", "changes", "filed_at"}
DONE_AT |= {"settled_at", "conflict_told"}
TABLES = ("content", "settlement", "series", "study", "record")  # in the order of their references
STUDY_EVENTS = ("study.available", "study.updated", "study.released")


def rows(hospital: Hospital) -> dict[str, list[Row]]:
    """Return all that must be the same."""
    return {
        table: [
            {name: row[name] for name in row if name not in DONE_AT} for row in hospital.rows(table)
        ]
        for table in TABLES
    }


def told(hospital: Hospital) -> dict[str, list[Row]]:
    return {kind: hospital.told(kind) for kind in STUDY_EVENTS}


def empty(hospital: Hospital) -> None:
    for table in TABLES:
        hospital.run(f"DELETE FROM catalogue.{table} WHERE site = %s", hospital.site)  # noqa: S608  our own names


def refill(hospital: Hospital, events: list[Event]) -> None:
    """Empty the catalogue, and tell `events` again, each in a batch of its own, shuffled."""
    empty(hospital)
    for event in Random(7).sample(events, len(events)):  # noqa: S311  no secret
        hospital.take([event])
    hospital.scan()


def a_history(hospital: Hospital, study: str) -> list[Event]:
    """File a study in three revisions: new, a header revised, a picture and a patient in conflict.

    Everything is told in between, as it happens over weeks.
    """
    hospital.drain()
    first = [hospital.stored(study, number) for number in (1, 2, 3)]
    revised = hospital.stored(study, 2, second=10, StudyDescription="Revised")
    other = hospital.stored(study, 3, second=20, StudyDescription="Other pixels")
    stranger = hospital.stored(study, 4, second=30, patient_id="1147")
    waves: list[list[Event]] = [
        [*first, *(hospital.transcoded(each, str(each.sop_uid)) for each in first)],
        [revised, hospital.transcoded(revised, revised.sop_uid)],
        [other, hospital.transcoded(other, "x"), stranger, hospital.transcoded(stranger, "y")],
    ]
    for wave in waves:
        hospital.take(wave)
        hospital.scan()
    return list(chain.from_iterable(waves))


def test_all_rows_come_again_in_any_order(hospital: Hospital) -> None:
    """Revision, patient, times of release, standings and records; and nobody is told again."""
    study = new_uid()
    events = a_history(hospital, study)
    before, said = rows(hospital), told(hospital)
    assert (hospital.study(study)["revision"], hospital.study(study)["conflict_count"]) == (3, 2)

    refill(hospital, events)

    assert rows(hospital) == before
    assert told(hospital) == said


def test_a_study_nobody_was_named_in_stays_unassigned(hospital: Hospital) -> None:
    """It was told so; that a later file names a patient was kept aside then, and is now."""
    study = new_uid()
    hospital.drain()
    first = hospital.stored(study, 1, patient_id=None)
    hospital.take([first, hospital.transcoded(first)])
    hospital.scan()
    later = hospital.stored(study, 2)
    hospital.take([later, hospital.transcoded(later)])
    hospital.scan()
    before, said = rows(hospital), told(hospital)
    assert hospital.study(study)["record"] is None

    refill(hospital, [first, hospital.transcoded(first), later, hospital.transcoded(later)])

    assert rows(hospital) == before
    assert told(hospital) == said
    assert said["study.released"] == []


def test_what_came_meanwhile_is_a_new_revision(hospital: Hospital) -> None:
    """It is told as an update; the patient, who had a letter, gets none."""
    study = new_uid()
    events = a_history(hospital, study)
    late = hospital.stored(study, 9)

    refill(hospital, [*events, late, hospital.transcoded(late, "late")])

    assert [each["revision"] for each in hospital.told("study.updated")] == [2, 3, 4]
    assert len(hospital.told("study.available")) == len(hospital.told("study.released")) == 1


def test_what_is_missing_keeps_the_study_arriving(hospital: Hospital) -> None:
    """However long it takes: half a study is never told as a partial one."""
    study = new_uid()
    events = a_history(hospital, study)
    said = told(hospital)
    hospital.run(
        "UPDATE sites.site SET limit_seconds = 0, quiet_seconds = 3600 WHERE site = %s",
        hospital.site,
    )
    refill(hospital, events[:1])
    hospital.run(
        "UPDATE catalogue.study SET due_at = clock_timestamp() WHERE site = %s", hospital.site
    )
    hospital.scan()

    assert hospital.study(study)["state"] == "arriving"
    assert told(hospital) == said


def test_what_was_never_filed_is_not_waited_for(hospital: Hospital) -> None:
    """A study that was told without it is as it was told without it."""
    study = new_uid()
    events = a_history(hospital, study)
    before = rows(hospital)
    receipt(hospital, study, f"{study}.1.99")

    refill(hospital, events)

    assert rows(hospital) == before


def test_the_earliest_receipt_of_a_content_counts(hospital: Hospital) -> None:
    """Whichever of two is told first, and that is no news to the patient."""
    study = new_uid()
    hospital.drain()
    early, late = hospital.stored(study, 1, second=1), hospital.stored(study, 1, second=50)
    hospital.take([late, hospital.transcoded(late)])
    hospital.scan()
    hospital.take([early])
    hospital.scan()

    (row,) = hospital.rows("content")
    assert row["received_at"] == early.received_at
    assert hospital.study(study)["state"] == "available"
    assert hospital.told("study.updated") == []


def test_records_tell_nothing_without_the_namespace(hospital: Hospital) -> None:
    """In another namespace the same patient has another number: nobody can try numbers out."""
    study = new_uid()
    hospital.take([hospital.stored(study, 1)])
    (first,) = hospital.rows("record")
    empty(hospital)
    hospital.run("DELETE FROM told.namespace WHERE site = %s", hospital.site)
    hospital.take([hospital.stored(study, 1)])

    (second,) = hospital.rows("record")
    assert second["record"] != first["record"]
