"""notify.handler: an event becomes a row, once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.notify.handler import (
    STUDIES_RELEASED,
    STUDY_RELEASED,
    Pace,
    held,
    registered,
    released,
)
from shared.errors import Malformed
from shared.events import Held, Lane, PatientRegistered, StoredObject, StudyHeld, StudyReleased
from shared.reference import reference
from tests.fakes.notify import MemoryDeliveries

RECORD = UUID("11111111-2222-4333-8444-555555555555")
PACE = Pace(timedelta(hours=1), timedelta(days=1))


def a_release(
    site: str = "north",
    study: str = "1.2",
    record: UUID | None = RECORD,
    revision: int = 1,
    lane: Lane = Lane.LIVE,
) -> StudyReleased:
    return StudyReleased(
        site=site, study_uid=study, record=record, revision=revision, rule="at-once", lane=lane
    )


def test_a_released_study_is_one_letter() -> None:
    """However often it is told, and in whatever revision."""
    table = MemoryDeliveries()
    for revision in (1, 1, 2):
        assert not released(a_release(revision=revision), table.transaction, PACE)

    (debt,) = table.debts.values()
    assert (debt.kind, debt.site, debt.study_uid) == (STUDY_RELEASED, "north", "1.2")
    assert debt.record == RECORD
    assert debt.event_id == a_release().id
    assert debt.reference == reference("study", "north", "1.2")


def test_a_study_that_is_released_again_is_another_letter() -> None:
    """Its patient had wished to wait: the first letter, sent or dropped, told of another time."""
    table = MemoryDeliveries()
    for release in (1, 2, 2):
        event = a_release().model_copy(update={"release": release})
        released(event, table.transaction, PACE)
    assert len(table.debts) == 2


def test_a_study_that_is_held_again_takes_its_letter_along() -> None:
    """The letter of that very release, and none where there was no release before."""
    table = MemoryDeliveries()
    released(a_release(), table.transaction, PACE)
    event = StudyHeld(
        site="north",
        study_uid="1.2",
        record=RECORD,
        revision=1,
        because=Held.WISH_CALL,
        until=datetime(2026, 12, 24, tzinfo=UTC),
        release=1,
    )
    assert not held(event, table.transaction)
    assert table.dropped == list(table.debts)
    held(event.model_copy(update={"release": 0}), table.transaction)
    assert len(table.dropped) == 1


def test_other_studies_records_and_sites_are_other_letters() -> None:
    """Two hospitals' copies of one study do not collide."""
    table = MemoryDeliveries()
    releases = (a_release(), a_release("south"), a_release(study="1.3"), a_release(record=uuid4()))
    for event in releases:
        released(event, table.transaction, PACE)
    assert len(table.debts) == 4


def test_a_study_of_an_old_archive_owes_no_letter_of_its_own() -> None:
    """It is added to a digest, whose reference is not the study's."""
    table = MemoryDeliveries()
    for _ in range(2):
        assert not released(a_release(lane=Lane.BACKFILL), table.transaction, PACE)

    assert not table.debts
    (debt,) = table.gathered.values()
    assert (debt.kind, debt.study_uid, debt.record) == (STUDIES_RELEASED, "1.2", RECORD)
    assert debt.event_id == a_release().id
    assert debt.reference != reference("study", "north", "1.2")


def test_a_study_released_to_nobody_is_the_messages_fault() -> None:
    """There is nobody to write to, and a retry would not find one."""
    table = MemoryDeliveries()
    with pytest.raises(Malformed):
        released(a_release(record=None), table.transaction, PACE)
    assert not table.debts


def test_a_roster_settles_what_its_site_owes() -> None:
    """Who could not be reached is asked for again."""
    table = MemoryDeliveries()
    roster = StoredObject(bucket="archive", key="north/rosters/x", size=1, sha256="0" * 64)
    event = PatientRegistered(site="north", object=roster, patients=1)
    assert not registered(event, table.transaction)
    assert table.settled == ["north"]
