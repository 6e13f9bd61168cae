"""index.releases: a release that notify never heard of is told again, until it owes the letter."""

from services.index import releases
from services.notify import deliveries
from services.notify.handler import STUDY_RELEASED, Debt
from shared.db import Row
from tests.integration.index.conftest import Hospital, new_uid


def released(hospital: Hospital) -> str:
    """Have one study released, and return its UID."""
    study = new_uid()
    event = hospital.stored(study, 1)
    hospital.take([event, hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()
    return study


def told(hospital: Hospital, study: str) -> list[Row]:
    return [one for one in hospital.told("study.released") if one["study_uid"] == study]


def owe(hospital: Hospital, study: str) -> None:
    """Do what notify does with the release."""
    row = hospital.study(study)
    with deliveries.transaction(hospital.owner) as table:
        table.owe(Debt(STUDY_RELEASED, hospital.site, study, row["record"], row["record"]))


def test_a_release_that_nobody_heard_is_told_again(hospital: Hospital) -> None:
    """The same event, so whoever did hear the first is none the wiser."""
    study = released(hospital)
    first = told(hospital, study)
    releases.reconcile(hospital.index, after=0)
    assert told(hospital, study) == 2 * first


def test_a_release_is_told_again_ever_more_rarely(hospital: Hospital) -> None:
    """While notify is down its queue holds the first: more of the same would only fill it."""
    study = released(hospital)
    for _ in range(3):
        releases.reconcile(hospital.index, after=60)
    assert len(told(hospital, study)) == 1  # younger than that
    hospital.run(
        "UPDATE told.study SET released_at = released_at - interval '90 seconds'"
        " WHERE study_uid = %s",
        study,
    )
    for _ in range(3):
        releases.reconcile(hospital.index, after=60)
    assert len(told(hospital, study)) == 2
    hospital.run(
        "UPDATE told.study SET told_again_at = told_again_at - interval '90 seconds'"
        " WHERE study_uid = %s",
        study,
    )
    releases.reconcile(hospital.index, after=60)
    assert len(told(hospital, study)) == 2  # the second time it waits twice as long


def test_a_release_that_was_heard_is_not_told_again(hospital: Hospital) -> None:
    """Once the letter is owed, that is noted for good."""
    study = released(hospital)
    owe(hospital, study)
    for _ in range(2):
        releases.reconcile(hospital.index, after=0)
    assert len(told(hospital, study)) == 1


def test_a_content_counts_as_filed_once_it_is_settled(hospital: Hospital) -> None:
    """Else what was lost on its way to transcode would never be told again."""
    event = hospital.stored(new_uid(), 1)
    hospital.take([event])
    assert filed(hospital) == 0
    hospital.take([hospital.transcoded(event)])
    assert filed(hospital) == 1


def filed(hospital: Hospital) -> int:
    with hospital.owner.transaction() as connection:
        (row,) = connection.execute(
            "SELECT count(*) AS n FROM catalogue.filed WHERE site = %s", (hospital.site,)
        ).fetchall()
    return int(row["n"])
