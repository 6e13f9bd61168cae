"""What was declared, on the real servers: before, after, too little, and again."""

from datetime import timedelta
from hashlib import sha256

import pytest

from services.index import handler
from shared.events import Origin, StoredObject, StudyAvailable, StudyDeclared, StudyUpdated
from tests.integration.index.conftest import BEGIN, Hospital, new_uid
from tests.integration.index.test_due import arrived, ask_now


@pytest.fixture
def busy(hospital: Hospital) -> Hospital:
    """Give a hospital whose studies never count as quiet within a test."""
    hospital.run("UPDATE sites.site SET quiet_seconds = 900 WHERE site = %s", hospital.site)
    return hospital


def declared(
    hospital: Hospital,
    study: str,
    instances: int,
    origin: Origin = Origin.MANIFEST,
    *,
    second: int = 0,
) -> StudyDeclared:
    """Have index handle a declaration that was dropped at `second`."""
    digest = sha256(f"{origin} {instances}".encode()).hexdigest()
    event = StudyDeclared(
        site=hospital.site,
        study_uid=study,
        instances=instances,
        origin=origin,
        object=StoredObject(bucket="archive", key="k", size=1, sha256=digest),
        declared_at=BEGIN + timedelta(seconds=second),
    )
    assert list(handler.declare(event, hospital.index)) == []
    return event


def expire(hospital: Hospital) -> None:
    hospital.run("UPDATE sites.site SET limit_seconds = 0 WHERE site = %s", hospital.site)
    ask_now(hospital)


def test_what_was_declared_before_completes_without_waiting_for_quiet(busy: Hospital) -> None:
    """With the last instance that was promised, and not with the one before."""
    study = new_uid()
    declared(busy, study, 3)
    arrived(busy, study, (1, 2))
    busy.scan()
    before = busy.study(study)["state"]
    arrived(busy, study, (3,))
    busy.scan()

    assert before == "arriving"
    (told,) = busy.told("study.available")
    event = StudyAvailable.model_validate(told)
    assert (event.because, event.completeness) == ("expected", "complete")
    assert (event.instances, event.expected) == (3, 3)


def test_what_is_declared_after_it_has_come_completes_at_once(busy: Hospital) -> None:
    """The manifest is often the last file of all."""
    study = new_uid()
    arrived(busy, study, (1, 2, 3))
    busy.scan()
    before = busy.study(study)["state"]
    declared(busy, study, 3)
    busy.scan()

    assert (before, busy.study(study)["because"]) == ("arriving", "expected")


def test_nothing_is_complete_by_its_number_while_one_is_not_settled(busy: Hospital) -> None:
    """A copy in the making is waited for."""
    study = new_uid()
    declared(busy, study, 1)
    stored = busy.stored(study, 1)
    busy.take([stored])
    busy.scan()
    before = busy.study(study)["state"]
    busy.take([busy.transcoded(stored)])
    busy.scan()

    assert (before, busy.study(study)["state"]) == ("arriving", "available")


def test_too_few_are_waited_for_until_the_limit(hospital: Hospital) -> None:
    """Quiet proves nothing; then it is partial, and the event says how much is missing."""
    study = new_uid()
    hospital.drain()
    declared(hospital, study, 5)
    arrived(hospital, study, (1, 2, 3))
    hospital.scan()
    ask_now(hospital)
    before = hospital.study(study)["state"]

    expire(hospital)

    assert before == "arriving"
    (told,) = hospital.told("study.available")
    event = StudyAvailable.model_validate(told)
    assert (event.because, event.completeness) == ("limit", "partial")
    assert (event.instances, event.expected) == (3, 5)


def test_a_late_higher_number_opens_the_study_again(hospital: Hospital) -> None:
    """It is partial from then on, and complete only with what is missing; nobody is told twice."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1, 2))
    hospital.scan()
    declared(hospital, study, 3)
    hospital.scan()
    row = hospital.study(study)
    waiting = (row["completeness"], row["due_at"] is not None, hospital.told("study.updated"))
    arrived(hospital, study, (3,))
    hospital.scan()

    assert waiting == ("partial", True, [])
    (told,) = hospital.told("study.updated")
    event = StudyUpdated.model_validate(told)
    assert (event.revision, event.completeness, event.because) == (2, "complete", "expected")
    assert len(hospital.told("study.released")) == 1


def test_a_late_higher_number_that_never_comes_is_told_as_partial(hospital: Hospital) -> None:
    """At the limit, counted from the declaration."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1,))
    hospital.scan()
    declared(hospital, study, 2)
    expire(hospital)

    (told,) = hospital.told("study.updated")
    assert (told["completeness"], told["instances"], told["expected"]) == ("partial", 1, 2)


def test_a_late_number_that_has_come_already_is_no_news(hospital: Hospital) -> None:
    """A complete study stays as it is, whoever counts it again."""
    study = new_uid()
    hospital.drain()
    arrived(hospital, study, (1, 2))
    hospital.scan()
    declared(hospital, study, 2)
    hospital.scan()

    assert hospital.study(study)["due_at"] is None
    assert hospital.told("study.updated") == []


def test_a_corrected_number_makes_a_partial_study_complete(hospital: Hospital) -> None:
    """The newest manifest counts, in whatever order they are handled."""
    study = new_uid()
    declared(hospital, study, 5, second=1)
    arrived(hospital, study, (1, 2))
    expire(hospital)
    declared(hospital, study, 4, second=0)
    hospital.scan()
    before = hospital.told("study.updated")
    declared(hospital, study, 2, second=2)
    hospital.scan()

    assert before == []
    (told,) = hospital.told("study.updated")
    assert (told["completeness"], told["expected"]) == ("complete", 2)


def test_a_redelivery_and_an_older_drop_change_nothing(hospital: Hospital) -> None:
    """Nor does the same file dropped again, but for when it was dropped last."""
    study = new_uid()
    first = declared(hospital, study, 2, second=5)
    arrived(hospital, study, (1,))
    expire(hospital)
    changes = hospital.study(study)["changes"]
    handler.declare(first, hospital.index)
    declared(hospital, study, 2, second=1)

    (row,) = hospital.rows("declaration")
    assert row["declared_at"] == first.declared_at
    after = hospital.study(study)
    assert (after["changes"], after["due_at"]) == (changes, None)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(3, Origin.DICOMDIR), (2, Origin.DICOMDIR)], 3),  # a study on two discs
        ([(9, Origin.DICOMDIR), (4, Origin.MANIFEST)], 4),
        ([(4, Origin.MANIFEST), (9, Origin.DICOMDIR)], 4),
        ([(9, Origin.MANIFEST), (4, Origin.MANIFEST)], 4),
    ],
)
def test_a_manifest_counts_before_any_disc(
    hospital: Hospital, told: list[tuple[int, Origin]], expected: int
) -> None:
    """The newest manifest; without one the largest table of contents."""
    study = new_uid()
    for second, (instances, origin) in enumerate(told):
        declared(hospital, study, instances, origin, second=second)
    (row,) = hospital.rows("expectation")
    assert row["expected"] == expected


def test_what_is_kept_aside_has_come(busy: Hospital) -> None:
    """A human looks at it; there is nothing to wait for."""
    study = new_uid()
    declared(busy, study, 2)
    arrived(busy, study, (1,))
    other = busy.stored(study, 2, second=9, patient_id="4712")
    busy.take([other, busy.transcoded(other)])
    busy.scan()

    row = busy.study(study)
    assert (row["instance_count"], row["conflict_count"]) == (1, 1)
    assert (row["state"], row["because"]) == ("available", "expected")


def test_the_receipts_of_a_declaration_are_filed_study_by_study(hospital: Hospital) -> None:
    """Of a manifest with two studies, the one whose event was lost is told again."""
    study = new_uid()
    declared(hospital, study, 2)
    with hospital.owner.transaction() as connection:
        rows = connection.execute(
            "SELECT study_uid FROM catalogue.filed WHERE site = %s", (hospital.site,)
        ).fetchall()
    assert [row["study_uid"] for row in rows] == [study]
