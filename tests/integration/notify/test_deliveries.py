"""services.notify.deliveries on a real database: owed, due, claimed, marked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

import services.notify
from services.notify.dispatch import Claim, dispatch
from services.notify.letter import Way
from shared.db import Refused
from shared.events import Channel
from shared.wording import load
from tests.fakes.notify import MemoryChannel
from tests.integration.notify.conftest import Hospital

BOTH = tuple(Channel)
MOST = 500  # claims, so that a row that is never leased cannot keep a test


def claimed(hospital: Hospital) -> Iterator[Claim]:
    """Claim what is due, one row a transaction, until there is nothing."""
    for _ in range(MOST):
        with hospital.transaction() as table:
            claim = table.claim(BOTH)
        if claim is None:
            return
        yield claim


def test_a_reachable_patient_is_due_a_letter_once(hospital: Hospital) -> None:
    """However often the study is told."""
    debt = hospital.debt(hospital.reachable())
    hospital.owe(debt, debt)
    hospital.owe(debt)
    (row,) = hospital.rows()
    assert (row["delivery"], row["state"], row["attempts"]) == (debt.delivery, "due", 0)
    assert row["reference"] == debt.reference


@pytest.mark.parametrize(("email", "phone"), [(None, None), ("", " ")])
def test_who_cannot_be_reached_is_owed(
    hospital: Hospital, email: str | None, phone: str | None
) -> None:
    """Until somebody tells an address; then the letter is due, and not before."""
    record = hospital.reachable(email, phone)
    hospital.owe(hospital.debt(record))
    assert [row["state"] for row in hospital.rows()] == ["owed"]
    with hospital.transaction() as table:
        assert table.settle() == 0
        assert table.claim(BOTH) is None

    hospital.tell(record, None, "+15550199", "en")
    with hospital.transaction() as table:
        assert table.settle("another") == 0
        assert table.settle(hospital.site) == 1
        assert table.settle() == 0
    assert [claim.to for claim in claimed(hospital)] == ["+15550199"]


def test_who_cannot_be_reached_any_more_is_owed_again(hospital: Hospital) -> None:
    """A roster may take an address away before the letter is sent."""
    record = hospital.reachable()
    hospital.owe(hospital.debt(record))
    hospital.tell(record, None, None, "en")
    assert not list(claimed(hospital))
    with hospital.transaction() as table:
        assert table.unsettle() == 1
        assert table.waiting() == {"owed": 1, "due": 0, "gathering": 0}


def test_a_claim_says_all_that_a_letter_needs(hospital: Hospital) -> None:
    """Whom, from where, by what; an e-mail is preferred, and the attempt is counted."""
    debt = hospital.debt(hospital.reachable("jan@patients.example", "+15550199"))
    hospital.owe(debt)
    (claim,) = claimed(hospital)
    assert (claim.delivery, claim.event_id) == (debt.delivery, debt.event_id)
    assert (claim.channel, claim.to) == (Channel.EMAIL, "jan@patients.example")
    assert (claim.attempt, claim.reference) == (1, debt.reference)
    assert (claim.patient.name, claim.patient.language) == ("Jan Citizen", "en")
    assert (claim.site.title, claim.site.help_languages) == ("Test Hospital", ("en", "es"))
    assert claim.site.logo is None
    (row,) = hospital.rows()
    assert (row["attempts"], row["channel"], row["later"]) == (1, "email", True)


def test_a_claimed_row_is_left_alone_until_its_lease_ends(hospital: Hospital) -> None:
    """If its holder died, somebody takes it up again, and the attempts tell."""
    hospital.owe(hospital.debt(hospital.reachable()))
    assert [claim.attempt for claim in claimed(hospital)] == [1]
    assert not list(claimed(hospital))
    hospital.hurry()
    assert [claim.attempt for claim in claimed(hospital)] == [2]


def test_only_the_channels_that_answer_are_claimed(hospital: Hospital) -> None:
    """The others' rows are not even counted as tried."""
    hospital.owe(
        hospital.debt(hospital.reachable(), "1"),
        hospital.debt(hospital.reachable(None, "+15550199"), "2"),
    )
    with hospital.transaction() as table:
        assert table.claim(()) is None
        claim = table.claim({Channel.SMS})
        assert claim is not None
        assert table.claim({Channel.SMS}) is None
    assert [row["attempts"] for row in hospital.rows()] == [0, 1]


def test_replicas_never_hold_the_same_row(hospital: Hospital) -> None:
    """Four at once claim sixty rows, each once."""
    record = hospital.reachable()
    hospital.owe(*(hospital.debt(record, f"1.{number}") for number in range(60)))
    with ThreadPoolExecutor(4) as replicas:
        held = [
            claim.delivery
            for claims in replicas.map(lambda _: list(claimed(hospital)), range(4))
            for claim in claims
        ]
    assert len(held) == len(set(held)) == 60
    assert {row["attempts"] for row in hospital.rows()} == {1}


def test_an_outcome_is_told_once(hospital: Hospital) -> None:
    """The row and its event are committed together, also when two replicas sent the letter."""
    debt = hospital.debt(hospital.reachable())
    hospital.owe(debt)
    (claim,) = claimed(hospital)
    for _ in range(2):
        with hospital.transaction() as table:
            table.sent(claim)
    with hospital.transaction() as table:
        table.failed(claim, "smtp-550")
        table.postpone(claim, timedelta(0), "smtp-down")

    (row,), (told,) = hospital.rows(), hospital.told()
    assert (row["state"], row["reason"]) == ("sent", None)
    assert row["sent_at"] is not None
    assert (told["type"], told["causation"]) == ("notification.sent.v1", debt.event_id)
    assert told["body"]["delivery"] == str(debt.delivery)
    assert "patients.example" not in str(told["body"])


def test_a_failure_is_told_with_its_reason(hospital: Hospital) -> None:
    """And nobody tries again."""
    hospital.owe(hospital.debt(hospital.reachable()))
    (claim,) = claimed(hospital)
    with hospital.transaction() as table:
        table.failed(claim, "smtp-550")
    hospital.hurry()

    (row,), (told,) = hospital.rows(), hospital.told()
    assert (row["state"], row["reason"]) == ("failed", "smtp-550")
    assert (told["type"], told["body"]["reason"]) == ("notification.failed.v1", "smtp-550")
    assert not list(claimed(hospital))


def test_a_late_answer_does_not_break_anothers_lease(hospital: Hospital) -> None:
    """Who was overtaken cannot make the row due while the other is sending it."""
    hospital.owe(hospital.debt(hospital.reachable()))
    (first,) = claimed(hospital)
    hospital.hurry()
    assert len(list(claimed(hospital))) == 1
    with hospital.transaction() as table:
        table.postpone(first, timedelta(0), "smtp-down")
    assert not list(claimed(hospital))


def way(_claim: Claim) -> Way:
    return Way("https://portal.example", None)


class Died(BaseException):
    """What a `kill -9` looks like to a test: nothing after it runs."""


def test_a_crash_after_sending_repeats_the_letter_and_nothing_else(hospital: Hospital) -> None:
    """Under the same identity; the attempts say so, and it is told as sent once."""
    debt = hospital.debt(hospital.reachable())
    hospital.owe(debt)
    channel, wordings = MemoryChannel(), load(Path(services.notify.__file__).parent, "notify")

    class Dying(MemoryChannel):
        def send(self, *letter: object) -> None:
            channel.send(*letter)  # type: ignore[arg-type]  # as they came
            raise Died

    with pytest.raises(Died):
        dispatch(hospital.transaction, {Channel.EMAIL: Dying()}, way, wordings)
    hospital.hurry()
    dispatch(hospital.transaction, {Channel.EMAIL: channel}, way, wordings)

    assert [delivery for delivery, _, _ in channel.taken] == [debt.delivery] * 2
    (row,), (told,) = hospital.rows(), hospital.told()
    assert (row["state"], row["attempts"], told["body"]["attempt"]) == ("sent", 2, 2)


@pytest.mark.parametrize(
    "query",
    [
        b"SELECT * FROM catalogue.record",
        b"SELECT * FROM catalogue.roster_entry",
        b"UPDATE catalogue.record SET display_name = 'x'",
        b"UPDATE sites.site SET title = 'x'",
        b"DELETE FROM notify.delivery",
    ],
)
def test_the_role_can_do_no_more_than_it_must(hospital: Hospital, query: bytes) -> None:
    """It reads who can be reached, and writes what it owns."""
    with pytest.raises(Refused), hospital.notify.transaction() as connection:
        connection.execute(query)


def test_the_view_of_who_can_be_reached_is_only_read(hospital: Hospital) -> None:
    """Whatever the view becomes, nobody is renamed through it."""
    with hospital.notify.transaction() as connection:
        row = connection.execute(
            "SELECT has_table_privilege('notify.reachable', 'SELECT') AS read,"
            " has_table_privilege('notify.reachable', 'INSERT, UPDATE, DELETE') AS written"
        ).fetchone()
    assert row == {"read": True, "written": False}


@pytest.mark.parametrize("brake", ["letters", "site"])
def test_what_is_held_by_hand_waits(hospital: Hospital, brake: str) -> None:
    """Of all sites, or of one; then it is sent as if nothing had been."""
    hospital.owe(hospital.debt(hospital.reachable()))
    name = "letters" if brake == "letters" else f"site/{hospital.site}"
    say = "INSERT INTO sites.brake (brake, pulled, actor) VALUES (%s, %s, 'test')"
    try:
        with hospital.owner.transaction() as connection:
            connection.execute(say, (name, True))
        assert list(claimed(hospital)) == []
    finally:
        with hospital.owner.transaction() as connection:
            connection.execute(say, (name, False))
    assert len(list(claimed(hospital))) == 1
