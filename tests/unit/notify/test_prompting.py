"""notify.prompting: minted, committed, carried; and dropped when nobody waits any more."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from services.notify.channels import Refused
from services.notify.prompt import Kind, Prompt
from services.notify.prompting import (
    asked,
    backoff,
    dispatch,
    invited,
    opened,
    recovered,
    refused,
    requested,
)
from shared.errors import EdgeDown
from shared.events import (
    AccessRequested,
    Channel,
    HelperInvited,
    PersonRecovered,
    ShareOpened,
    ShareRefused,
    SigninRequested,
)
from tests.fakes.notify import MemoryChannel
from tests.unit.notify.test_prompt import WORDINGS, a_prompt


@dataclass
class MemoryPrompts:
    """Rows that are due, and what was marked."""

    due: list[Prompt] = field(default_factory=list)
    added: list[tuple[Kind, UUID]] = field(default_factory=list)
    noted: list[UUID] = field(default_factory=list)
    marks: list[tuple[UUID, str, object]] = field(default_factory=list)
    committed: bool = True

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Open a transaction of nothing."""
        self.committed = False
        yield self
        self.committed = True

    def add(self, kind: Kind, asked: UUID) -> None:
        """Note it."""
        self.added.append((kind, asked))

    def noticed(self, cause: UUID) -> None:
        """Note it."""
        self.noted.append(cause)

    def claim(self, channels: Collection[Channel]) -> Prompt | None:
        """Take the first row of `channels`."""
        found = next((one for one in self.due if one.channel in channels), None)
        if found:
            self.due.remove(found)
        return found

    def mark(self, asked: UUID, state: str, reason: str | None = None) -> None:
        """Note it."""
        self.marks.append((asked, state, reason))

    def postpone(self, asked: Prompt, wait: timedelta, reason: str) -> None:
        """Note it."""
        self.marks.append((asked.id, reason, wait))


class Office:
    """The table and both channels."""

    def __init__(self, *due: Prompt) -> None:
        """Have rows that are due."""
        self.table = MemoryPrompts(list(due))
        self.sms, self.email = MemoryChannel(self.is_committed), MemoryChannel(self.is_committed)

    def is_committed(self) -> None:
        """Fail where a channel is used inside a transaction."""
        assert self.table.committed, "what was minted must be committed before it is sent"

    def run(self) -> bool:
        """Make one pass."""
        channels = {Channel.EMAIL: self.email, Channel.SMS: self.sms}
        return dispatch(self.table.transaction, channels, WORDINGS)


def test_events_are_noted() -> None:
    """Who wants to sign in, who is asked to help, and who came back by a sheet."""
    table = MemoryPrompts()
    signin, helper, recovery = uuid4(), uuid4(), uuid4()
    assert not requested(SigninRequested(signin=signin), table.transaction)
    assert not invited(HelperInvited(helper=helper, patient=uuid4()), table.transaction)
    assert not recovered(PersonRecovered(recovery=recovery, person=uuid4()), table.transaction)
    assert table.added == [(Kind.SIGNIN, signin), (Kind.HELPER, helper)]
    assert table.noted == [recovery]


def test_what_becomes_of_a_share_is_noted() -> None:
    """That it was opened, and that it is locked: portal has written whom to tell."""
    table = MemoryPrompts()
    person, grant, viewing = uuid4(), uuid4(), uuid4()
    came = ShareOpened(person=person, grant=grant, guest=uuid4(), viewing=viewing)
    assert not opened(came, table.transaction)
    locked = ShareRefused(person=person, grant=grant, reason="birth-date-locked")
    assert not refused(locked, table.transaction)
    asks = AccessRequested(person=person, request=uuid4())
    assert not asked(asks, table.transaction)
    assert table.noted == [viewing, grant, asks.request]


def test_what_is_due_is_sent_under_its_tries_identity() -> None:
    """By its channel, and marked."""
    prompt = a_prompt()
    office = Office(prompt)
    assert office.run() is False
    ((delivery, to, letter),) = office.sms.taken
    assert (delivery, to) == (prompt.message, prompt.to)
    assert prompt.code in letter.short
    assert office.table.marks == [(prompt.id, "sent", None)]


def test_a_refused_number_fails_and_costs_no_neighbour() -> None:
    """The others are sent in the same pass."""
    gone, there = replace(a_prompt(), to="gone"), a_prompt()
    office = Office(gone, there)
    office.sms.answers["gone"] = Refused("sms-404")
    office.run()
    assert office.table.marks == [(gone.id, "failed", "sms-404"), (there.id, "sent", None)]


def test_a_channel_that_is_down_is_tried_again_soon() -> None:
    """Its rows wait, and the other channel goes on."""
    tried, untouched = a_prompt(), a_prompt()
    mail = replace(a_prompt(), channel=Channel.EMAIL, to="jan@patients.example")
    office = Office(tried, untouched, mail)
    office.sms.answers[tried.to] = EdgeDown("sms")
    office.run()
    assert office.table.marks == [
        (tried.id, "sms-down", timedelta(seconds=3)),
        (mail.id, "sent", None),
    ]
    assert office.table.due == [untouched]


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 3), (2, 6), (5, 48), (6, 60), (10_000, 60)])
def test_waits_are_short(attempt: int, seconds: int) -> None:
    """Somebody waits at a page."""
    assert backoff(attempt) == timedelta(seconds=seconds)


def test_nothing_of_it_is_in_the_log() -> None:
    """No number, link, digits or name, however it went."""
    gone = replace(a_prompt(), to="gone")
    office = Office(a_prompt(), gone, a_prompt(Kind.HELPER))
    office.sms.answers["gone"] = Refused("sms-404")
    with capture_logs() as lines:
        office.run()
    assert {line["outcome"] for line in lines} == {"sent", "failed"}
    for said in ("15550199", "gone", "123456", "92QM", "portal", "Maria"):
        assert said not in str(lines)
