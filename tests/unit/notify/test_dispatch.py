"""notify.dispatch: claimed, carried, marked; and whose fault it was decides what is marked."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

import services.notify
from services.notify.channels import Refused
from services.notify.dispatch import AT_ONCE, Claim, backoff, dispatch
from services.notify.letter import Way
from shared.errors import EdgeDown
from shared.events import Channel
from shared.wording import load
from tests.fakes.notify import MemoryChannel, MemoryDeliveries, a_claim

NOTIFY = Path(services.notify.__file__).parent
WORDINGS = load(NOTIFY, "notify")
INVITED = Way("https://portal.example", "92QM-7F3K-C")
MAIL, TEXT = "jan@patients.example", "+15550199"


class Office:
    """The table and both channels."""

    def __init__(self, *due: tuple[Channel, str]) -> None:
        """Have a row due for each of `due`."""
        self.table = MemoryDeliveries([a_claim(*one) for one in due])
        self.claims = list(self.table.due)
        self.invited: list[UUID] = []
        self.email, self.sms = MemoryChannel(self.is_committed), MemoryChannel(self.is_committed)

    def is_committed(self) -> None:
        """Fail where a channel is used inside a transaction."""
        assert self.table.committed, "an attempt must be committed before it is made"

    def run(self) -> bool:
        """Make one pass."""
        channels = {Channel.EMAIL: self.email, Channel.SMS: self.sms}
        return dispatch(self.table.transaction, channels, self.way, WORDINGS)

    def way(self, claim: Claim) -> Way:
        """Note who gets in, outside of any transaction."""
        self.is_committed()
        self.invited.append(claim.delivery)
        return INVITED

    def marks(self) -> dict[UUID, tuple[str, object]]:
        """Return what was marked, by delivery."""
        return {delivery: (mark, detail) for delivery, mark, detail in self.table.marks}


def test_what_is_due_is_sent_by_its_channel() -> None:
    """A letter to an address, a text message to a number, each marked with its attempt."""
    office = Office((Channel.EMAIL, MAIL), (Channel.SMS, TEXT))
    assert office.run() is False

    mail, text = office.claims
    assert [(d, to) for d, to, _ in office.email.taken] == [(mail.delivery, MAIL)]
    assert [(d, to) for d, to, _ in office.sms.taken] == [(text.delivery, TEXT)]
    assert office.marks() == {mail.delivery: ("sent", 1), text.delivery: ("sent", 1)}
    assert "7F3K-92" in office.sms.taken[0][2].short
    assert INVITED.link in office.sms.taken[0][2].short
    assert office.invited == [mail.delivery, text.delivery]


def test_a_refused_address_fails_for_good_and_costs_no_neighbour() -> None:
    """The others are sent in the same pass."""
    office = Office((Channel.EMAIL, "gone@x.example"), (Channel.EMAIL, MAIL))
    office.email.answers["gone@x.example"] = Refused("smtp-550")
    office.run()

    gone, there = office.claims
    assert office.marks() == {gone.delivery: ("failed", "smtp-550"), there.delivery: ("sent", 1)}


def test_a_channel_that_is_down_is_left_alone_for_the_pass() -> None:
    """One try shows it; its other letters stay untouched, and the other channel goes on."""
    office = Office((Channel.EMAIL, MAIL), (Channel.EMAIL, MAIL), (Channel.SMS, TEXT))
    office.email.answers[MAIL] = EdgeDown("smtp")
    assert office.run() is False

    tried, untouched, text = office.claims
    assert office.marks() == {
        tried.delivery: ("smtp-down", timedelta(seconds=10)),
        text.delivery: ("sent", 1),
    }
    assert office.table.due == [untouched]


def test_nothing_is_tried_when_nothing_answers() -> None:
    """Both down: one try each, and the pass is over."""
    office = Office((Channel.EMAIL, MAIL), (Channel.SMS, TEXT), (Channel.SMS, TEXT))
    office.email.answers[MAIL], office.sms.answers[TEXT] = EdgeDown("smtp"), EdgeDown("sms")
    assert office.run() is False
    assert len(office.table.due) == 1


def test_a_pass_is_short() -> None:
    """More than a pass takes is told, so that the next comes at once."""
    office = Office(*[(Channel.EMAIL, MAIL)] * (AT_ONCE + 1))
    assert office.run() is True
    assert len(office.email.taken) == AT_ONCE
    assert office.run() is False
    assert len(office.email.taken) == AT_ONCE + 1


def test_an_unknown_error_is_not_swallowed() -> None:
    """It reaches the loop, which counts it; the row stays claimed and comes again."""
    office = Office((Channel.EMAIL, MAIL))
    office.email.answers[MAIL] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        office.run()
    assert not office.table.marks


def test_nobody_is_named_in_the_log() -> None:
    """No address, number or name, however it went."""
    office = Office((Channel.EMAIL, MAIL), (Channel.EMAIL, "gone@x.example"), (Channel.SMS, TEXT))
    office.email.answers["gone@x.example"] = Refused("smtp-550")
    office.sms.answers[TEXT] = EdgeDown("sms")
    with capture_logs() as lines:
        office.run()
    assert {line["outcome"] for line in lines} == {"sent", "failed", "waiting"}
    for said in (MAIL, "gone", TEXT, "CITIZEN", "Citizen", "Jan"):
        assert said not in str(lines)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (10_000, 3600)]
)
def test_waits_grow_up_to_an_hour(attempt: int, seconds: int) -> None:
    """Twice as long each time."""
    assert backoff(attempt) == timedelta(seconds=seconds)
