"""index.wishes: what a patient wishes, and a hospital rules, holds studies and lets them go."""

from itertools import permutations
from uuid import uuid4

import pytest
from pydicom.uid import BasicTextSRStorage

from services.index import releasing, wishes
from services.notify import deliveries, handler
from services.ops import comparing
from shared.events import (
    Event,
    PatientClaimed,
    PatientUnclaimed,
    ReleaseWished,
    StudyHeld,
    StudyReleased,
    Wish,
)
from tests.integration.index.conftest import Hospital, new_uid


class Maria:
    """A patient of the hospital, and what portal tells of her."""

    def __init__(self, hospital: Hospital) -> None:
        """Let her have said nothing yet."""
        self.hospital = hospital
        self.person = uuid4()
        self.versions = 0

    def tell(self, *events: Event) -> None:
        """Have index handle what portal told."""
        for event in events:
            if isinstance(event, ReleaseWished):
                wishes.wish(event, self.hospital.index)
            elif isinstance(event, PatientClaimed):
                wishes.claim(event, self.hospital.index)

    def claimed(self, study: str) -> PatientClaimed:
        """Return that she has claimed the record of `study`."""
        record = self.hospital.study(study)["record"]
        return PatientClaimed(
            site=self.hospital.site, claim=uuid4(), person=self.person, record=record
        )

    def wished(self, wish: Wish, study: str | None = None) -> ReleaseWished:
        """Return that she wishes it, of all studies or of one."""
        self.versions += 1
        return ReleaseWished(
            person=self.person,
            wish=wish,
            version=self.versions,
            study_site=self.hospital.site if study else None,
            study_uid=study,
        )


@pytest.fixture
def maria(hospital: Hospital) -> Maria:
    return Maria(hospital)


def came(hospital: Hospital, study: str | None = None) -> str:
    """Have one study come, whole."""
    study = study or new_uid()
    event = hospital.stored(study, 1)
    hospital.take([event, hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()
    return study


def reported(hospital: Hospital, study: str) -> None:
    """Have the report of a study come, as the file that hospitals send."""
    event = hospital.stored(study, 2, SOPClassUID=BasicTextSRStorage)
    event = event.model_copy(update={"sop_class_uid": BasicTextSRStorage})
    hospital.take([event, hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()


def ruled(hospital: Hospital, rule: str, days: int = 7) -> None:
    query = "UPDATE sites.site SET release_rule = %s, release_days = %s WHERE site = %s"
    hospital.run(query, rule, days, hospital.site)


def later(hospital: Hospital, days: int) -> None:
    """Let days go by for what was told."""
    hospital.run(
        "UPDATE told.study SET available_at = available_at - make_interval(days => %s),"
        " held_until = held_until - make_interval(days => %s),"
        " review_at = review_at - make_interval(days => %s) WHERE site = %s",
        *(days, days, days, hospital.site),
    )


def standing(hospital: Hospital, study: str) -> str:
    """Return why a study is held, or that it is released."""
    row = hospital.study(study)
    assert (row["held_because"] is None) is (row["released_at"] is not None)
    return row["held_because"] or "released"


def events(hospital: Hospital, study: str) -> list[str]:
    """Return the holds and releases of a study that were told, in sequence."""
    with hospital.owner.transaction() as connection:
        rows = connection.execute(
            "SELECT body, type FROM catalogue.outbox WHERE body->>'study_uid' = %s"
            " AND type IN ('study.held.v1', 'study.released.v1') ORDER BY id",
            (study,),
        ).fetchall()
    return [row["body"].get("because") or row["body"]["rule"] for row in rows]


def test_a_hospital_may_wait_for_the_report(hospital: Hospital) -> None:
    """Held with its reason and end; the report lets it go, and only then it is a letter."""
    ruled(hospital, "with-report")
    study = came(hospital)
    assert standing(hospital, study) == "site-report"
    (told,) = hospital.told("study.held")
    held = StudyHeld.model_validate(told)
    row = hospital.study(study)
    assert (held.until, held.record) == (row["held_until"], row["record"])
    assert (held.until - row["available_at"]).days == 7
    assert hospital.told("study.released") == []
    reported(hospital, study)
    assert standing(hospital, study) == "released"
    assert events(hospital, study) == ["site-report", "report-arrived"]


def test_what_waits_in_vain_is_shown_at_the_end_of_its_term(hospital: Hospital) -> None:
    """By the clock, and by any replica's: the second finds nothing left to do."""
    ruled(hospital, "after-term")
    study = came(hospital)
    releasing.review(hospital.index)
    assert standing(hospital, study) == "site-term"
    later(hospital, 7)
    for _ in range(2):
        releasing.review(hospital.index)
    assert events(hospital, study) == ["site-term", "term-over"]


def test_a_hospital_that_changes_its_rule_is_heeded(hospital: Hospital) -> None:
    """Some minutes later, for what it holds; what it has shown it does not take back."""
    shown = came(hospital)
    ruled(hospital, "with-report")
    held = came(hospital)
    hospital.run("UPDATE told.study SET review_at = now() WHERE site = %s", hospital.site)
    releasing.review(hospital.index)
    assert (standing(hospital, shown), standing(hospital, held)) == ("released", "site-report")
    ruled(hospital, "at-once")
    hospital.run("UPDATE told.study SET review_at = now() WHERE site = %s", hospital.site)
    releasing.review(hospital.index)
    assert events(hospital, held) == ["site-report", "rule-changed"]
    assert events(hospital, shown) == ["at-once"]


def test_a_wish_holds_what_comes(hospital: Hospital, maria: Maria) -> None:
    """Of what she has claimed, and nothing of others; nor once she gave the record back."""
    claimed = maria.claimed(came(hospital))
    maria.tell(claimed, maria.wished(Wish.AFTER_CALL))
    mine = came(hospital)
    assert standing(hospital, mine) == "wish-call"
    other = new_uid()
    event = hospital.stored(other, 1, patient_id="another")
    hospital.take([event, hospital.transcoded(event)])
    hospital.drain()
    hospital.scan()
    assert standing(hospital, other) == "released"
    maria.tell(PatientUnclaimed(**claimed.model_dump()))
    assert events(hospital, mine) == ["wish-call", "wish-changed"]


def test_a_wish_at_the_claim_holds_what_she_has_not_seen(hospital: Hospital, maria: Maria) -> None:
    """The letter came first, then the wish; the report lets it go, with a letter of its own."""
    study = came(hospital)
    maria.tell(maria.claimed(study), maria.wished(Wish.WITH_REPORT))
    assert standing(hospital, study) == "wish-report"
    reported(hospital, study)
    assert events(hospital, study) == ["at-once", "wish-report", "report-arrived"]
    first, second = map(StudyReleased.model_validate, hospital.told("study.released"))
    assert (first.release, second.release) == (1, 2)
    assert first.id != second.id


def test_whoever_was_called_sees_that_study(hospital: Hospital, maria: Maria) -> None:
    """The one she names, and what else she waits for stays."""
    one, other = came(hospital), came(hospital)
    maria.tell(maria.claimed(one), maria.wished(Wish.AFTER_CALL))
    maria.tell(maria.wished(Wish.AT_ONCE, one))
    assert (standing(hospital, one), standing(hospital, other)) == ("released", "wish-call")


def test_no_wish_opens_what_the_hospital_holds(hospital: Hospital, maria: Maria) -> None:
    """The later of both counts."""
    ruled(hospital, "with-report")
    study = came(hospital)
    maria.tell(maria.claimed(study), maria.wished(Wish.AT_ONCE))
    maria.tell(maria.wished(Wish.AT_ONCE, study))
    assert events(hospital, study) == ["site-report"]


def test_any_sequence_and_any_redelivery_ends_alike(hospital: Hospital, maria: Maria) -> None:
    """A wish before its claim, an end before its beginning, and each of them twice."""
    study = came(hospital)
    old, new = maria.claimed(study), maria.claimed(study)
    told: list[Event] = [
        *(old, PatientUnclaimed(**old.model_dump()), new),
        *(maria.wished(Wish.AT_ONCE), maria.wished(Wish.AFTER_CALL)),
    ]
    for sequence in list(permutations(told))[::7]:
        hospital.run("DELETE FROM told.claim WHERE person = %s", maria.person)
        hospital.run("DELETE FROM told.wish WHERE person = %s", maria.person)
        maria.tell(*sequence, *sequence)
        assert standing(hospital, study) == "wish-call"


def test_a_redelivery_tells_nothing(hospital: Hospital, maria: Maria) -> None:
    """Not a hold more, and no release."""
    study = came(hospital)
    claimed, wished = maria.claimed(study), maria.wished(Wish.AFTER_CALL)
    maria.tell(claimed, wished, claimed, wished)
    assert events(hospital, study) == ["at-once", "wish-call"]


def test_a_wish_outlives_the_catalogue(hospital: Hospital, maria: Maria) -> None:
    """Also one that is told while the catalogue is empty: it is heeded when the study is back."""
    study = new_uid()
    stored = [hospital.stored(study, number) for number in (1, 2)]
    batch: list[Event] = [*stored, *map(hospital.transcoded, stored)]
    hospital.take(batch)
    hospital.drain()
    hospital.scan()
    claimed = maria.claimed(study)
    empty(hospital)
    maria.tell(claimed, maria.wished(Wish.AFTER_CALL))
    hospital.take(batch)
    hospital.scan()
    releasing.review(hospital.index)
    assert standing(hospital, study) == "wish-call"
    empty(hospital)
    hospital.take(batch)
    hospital.scan()
    assert standing(hospital, study) == "wish-call"
    assert hospital.study(study)["held_until"] is not None
    assert events(hospital, study) == ["at-once", "wish-call"]


def empty(hospital: Hospital) -> None:
    """Do what a rebuild does to the site's part of the catalogue."""
    for table in comparing.TABLES:
        hospital.run(f"DELETE FROM catalogue.{table} WHERE site = %s", hospital.site)  # noqa: S608  our own names


def test_a_letter_that_was_not_sent_is_dropped(hospital: Hospital, maria: Maria) -> None:
    """Whichever notify hears first; the next release is a letter again."""
    study = came(hospital)
    maria.tell(maria.claimed(study), maria.wished(Wish.AFTER_CALL))
    maria.tell(maria.wished(Wish.AT_ONCE))
    told = [StudyReleased.model_validate(each) for each in hospital.told("study.released")]
    (held,) = [StudyHeld.model_validate(each) for each in hospital.told("study.held")]
    pace = handler.Pace(*2 * (releasing.AGAIN,))

    def transaction():  # type: ignore[no-untyped-def]  # noqa: ANN202
        return deliveries.transaction(hospital.owner)

    for _ in range(2):
        handler.held(held, transaction)
        for each in told:
            handler.released(each, transaction, pace)
    with hospital.owner.transaction() as connection:
        rows = connection.execute(
            "SELECT release, state FROM notify.delivery WHERE study_uid = %s ORDER BY release",
            (study,),
        ).fetchall()
    assert [(row["release"], row["state"]) for row in rows] == [(1, "dropped"), (2, "owed")]
