"""services.notify.digests on a real database: gathered, due once it is quiet, sent once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag

import pytest

from services.notify.dispatch import Claim
from services.notify.handler import STUDIES_RELEASED, Pace
from shared.db import Row
from shared.events import Channel
from shared.reference import reference
from tests.integration.notify.conftest import Hospital

BOTH = tuple(Channel)
IMMEDIATE = Pace(timedelta(0), timedelta(0))


def claim(hospital: Hospital) -> Claim | None:
    with hospital.transaction() as table:
        return table.claim(BOTH)


def send(hospital: Hospital) -> Claim:
    """Send the digest as if its time had come."""
    hospital.hurry()
    claimed = claim(hospital)
    assert claimed is not None
    with hospital.transaction() as table:
        table.sent(claimed)
    return claimed


def wait(hospital: Hospital) -> Row:
    """Return in how many seconds the one digest is due, after the last and after the first."""
    with hospital.owner.transaction() as connection:
        (row,) = connection.execute(
            """SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS from_now,
                extract(epoch FROM due_at - created_at)::float8 AS from_first
            FROM notify.delivery WHERE site = %s""",
            (hospital.site,),
        ).fetchall()
    return row


def age(hospital: Hospital, hours: int) -> None:
    """Let the digests have been opened so long ago."""
    with hospital.owner.transaction() as connection:
        connection.execute(
            "UPDATE notify.delivery SET created_at = created_at - make_interval(hours => %s)"
            " WHERE site = %s",
            (hours, hospital.site),
        )


def test_studies_of_one_person_are_one_digest(hospital: Hospital) -> None:
    """Due an hour after the last; the letter counts them, and bears a reference of its own."""
    record = hospital.reachable()
    hospital.gather(record, "1.1", "1.2", "1.3")

    (row,) = hospital.rows()
    assert (row["kind"], row["state"], row["study_uid"]) == ("studies-released", "due", None)
    assert hospital.digests() == {row["delivery"]: {"1.1", "1.2", "1.3"}}
    assert row["reference"] == reference("digest", hospital.site, str(row["delivery"]))
    assert 3500 < wait(hospital)["from_now"] <= 3600
    assert claim(hospital) is None

    claimed = send(hospital)
    assert (claimed.kind, claimed.studies) == ("studies-released", 3)
    assert claimed.reference == row["reference"]
    assert [told["type"] for told in hospital.told()] == ["notification.sent.v1"]


def test_persons_and_sites_have_their_own(hospital: Hospital) -> None:
    """Nobody hears of another's studies."""
    hospital.gather(hospital.reachable(), "1.1")
    hospital.gather(hospital.reachable(), "1.2")
    assert sorted(hospital.digests().values(), key=str) == [{"1.1"}, {"1.2"}]


def test_a_trickle_is_told_a_day_after_the_first(hospital: Hospital) -> None:
    """However often another is added within the hour."""
    record = hospital.reachable()
    hospital.gather(record, "1.1")
    age(hospital, 23)
    hospital.gather(record, "1.2")
    assert 3500 < wait(hospital)["from_now"] <= 3600
    age(hospital, 1)
    hospital.gather(record, "1.3")
    assert wait(hospital)["from_first"] == pytest.approx(86400)
    claimed = claim(hospital)
    assert claimed is not None
    assert claimed.studies == 3


def test_again_adds_nothing(hospital: Hospital) -> None:
    """While it is open the wait is not drawn out, and after it was sent no other is opened."""
    record = hospital.reachable()
    hospital.gather(record, "1.1", "1.2")
    (before,) = hospital.rows()
    hospital.gather(record, "1.1", "1.2")
    (after,) = hospital.rows()
    assert before["due_at"] == after["due_at"]
    send(hospital)
    hospital.gather(record, "1.1", "1.2")
    assert [row["state"] for row in hospital.rows()] == ["sent"]
    assert list(hospital.digests().values()) == [{"1.1", "1.2"}]


def test_what_comes_after_a_digest_opens_the_next(hospital: Hospital) -> None:
    """Also while the first is being sent: a letter that is tried again says the same again."""
    record = hospital.reachable()
    hospital.gather(record, "1.1")
    hospital.hurry()
    first = claim(hospital)
    assert first is not None
    hospital.gather(record, "1.2", "1.3")
    assert sorted(map(len, hospital.digests().values())) == [1, 2]
    with hospital.transaction() as table:
        table.postpone(first, timedelta(0), "smtp-down")
    again = claim(hospital)
    assert again is not None
    assert (again.delivery, again.attempt, again.studies) == (first.delivery, 2, 1)


def test_a_letter_of_its_own_and_a_digest_exclude_each_other(hospital: Hospital) -> None:
    """Should the same study be told in another lane: nobody is written to twice about it."""
    record = hospital.reachable()
    hospital.owe(hospital.debt(record, "1.1"))
    hospital.gather(record, "1.1", "1.2")
    hospital.owe(hospital.debt(record, "1.2"))
    assert list(hospital.digests().values()) == [{"1.2"}]
    kinds = sorted(row["kind"] for row in hospital.rows())
    assert kinds == ["studies-released", "study-released"]


def test_who_cannot_be_reached_is_owed_one_digest(hospital: Hospital) -> None:
    """It gathers for as long as that takes; an address makes it due, though not before its time."""
    record = hospital.patient()
    hospital.gather(record, "1.1")
    assert [row["state"] for row in hospital.rows()] == ["owed"]
    hospital.tell(record, "jan@patients.example", None, "en")
    with hospital.transaction() as table:
        assert table.settle(hospital.site) == 1
        assert table.waiting() == {"owed": 0, "due": 0, "gathering": 1}
    assert 3500 < wait(hospital)["from_now"] <= 3600

    hospital.tell(record, None, None, "en")
    hospital.hurry()
    with hospital.transaction() as table:
        assert table.unsettle() == 1
    hospital.gather(record, "1.2")
    hospital.tell(record, "jan@patients.example", None, "en")
    with hospital.transaction() as table:
        assert table.settle(hospital.site) == 1
    assert send(hospital).studies == 2


def test_replicas_open_one_digest_together(hospital: Hospital) -> None:
    """Four at once tell forty studies, each twice: one digest, and all of them in it."""
    record = hospital.reachable()
    studies = [f"1.{number}" for number in range(40)]
    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda study: hospital.gather(record, study), studies * 2))
    assert list(hospital.digests().values()) == [set(studies)]
    assert len(hospital.rows()) == 1


def test_what_is_added_while_a_digest_is_claimed_is_counted_or_in_the_next(
    hospital: Hospital,
) -> None:
    """A claim that waits for the row of an addition leaves it alone; nothing falls between."""
    record = hospital.reachable()
    hospital.gather(record, "1.1", pace=IMMEDIATE)
    added, go_on = Flag(), Flag()

    def slowly() -> None:
        with hospital.transaction() as table:
            table.gather(replace(hospital.debt(record, "1.2"), kind=STUDIES_RELEASED), IMMEDIATE)
            added.set()
            assert go_on.wait(30)

    with ThreadPoolExecutor(1) as other:
        done = other.submit(slowly)
        assert added.wait(30)
        assert claim(hospital) is None  # its row is in another's hands
        go_on.set()
        done.result(30)
    claimed = claim(hospital)
    assert claimed is not None
    assert claimed.studies == len(hospital.digests()[claimed.delivery]) == 2
