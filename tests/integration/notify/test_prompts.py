"""services.notify.prompts on a real database: minted when sent, and only while somebody waits."""

from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest

from services.notify import prompts
from services.notify.prompt import Kind, Prompt
from services.notify.prompts import Door, Prompts
from shared.access import codes
from shared.db import Refused, Row
from shared.events import Channel
from tests.integration.notify.conftest import Hospital

DOOR = Door("https://portal.example", "a key of the tests, 32 characters")
BOTH = tuple(Channel)


class Desk:
    """The table as notify meets it, and what portal writes beside it."""

    def __init__(self, hospital: Hospital) -> None:
        """Have nobody wait."""
        self.hospital = hospital
        with hospital.owner.transaction() as connection:
            connection.execute("DELETE FROM notify.prompt")
            connection.execute("DELETE FROM access.notice")

    def transaction(self) -> AbstractContextManager[Prompts]:
        """Open a transaction, as the service does."""
        return prompts.transaction(self.hospital.notify, DOOR)

    def asked(self, minutes: int = 15) -> UUID:
        """Return a request to sign in."""
        (row,) = self.rows(
            b"INSERT INTO access.signin (channel, address, language, known, browser_hash,"
            b" expires_at) VALUES ('sms', '+15550199', 'es', true, '\\x00',"
            b" clock_timestamp() + make_interval(mins => %s)) RETURNING signin",
            minutes,
        )
        signin: UUID = row["signin"]
        return signin

    def helper(self) -> UUID:
        """Return an invitation to help Maria."""
        (row,) = self.rows(
            b"WITH maria AS (INSERT INTO access.person (name, language) VALUES ('Maria', 'es')"
            b" RETURNING person) INSERT INTO access.helper (patient, name, channel, address,"
            b" rights, expires_at) SELECT person, 'Lucia', 'email', 'lucia@example.org', 'see',"
            b" clock_timestamp() + interval '7 days' FROM maria RETURNING helper"
        )
        helper: UUID = row["helper"]
        return helper

    def link(self, *, named: bool = True) -> UUID:
        """Return a link of a share of Maria's, to be sent to a doctor."""
        (row,) = self.rows(
            b"WITH maria AS (INSERT INTO access.person (name, language) VALUES ('Maria', 'es')"
            b" RETURNING person), share AS (INSERT INTO access.grants (kind, person, grantee_kind,"
            b" keep, everything, purpose, ends_at, named, given_by) SELECT 'share', person,"
            b" 'bearer', false, false, 'TREAT', clock_timestamp() + interval '1 day', %s, person"
            b" FROM maria RETURNING grant_id) INSERT INTO access.link (grant_id, channel, address,"
            b" language) SELECT grant_id, 'email', 'o@example.org', 'en' FROM share RETURNING link",
            named,
        )
        link: UUID = row["link"]
        return link

    def notice(self, kind: str) -> tuple[UUID, UUID]:
        """Return what Maria is told of a share of hers: by which event, and of which share."""
        (row,) = self.rows(
            b"WITH maria AS (INSERT INTO access.person (name, language) VALUES ('Maria', 'es')"
            b" RETURNING person), share AS (INSERT INTO access.grants (kind, person, grantee_kind,"
            b" keep, everything, purpose, ends_at, given_by) SELECT 'share', person, 'bearer',"
            b" false, false, 'TREAT', clock_timestamp() + interval '1 day', person FROM maria"
            b" RETURNING grant_id, person) INSERT INTO access.notice (cause, person, kind,"
            b" grant_id, channel, address) SELECT gen_random_uuid(), person, %s, grant_id, 'email',"
            b" 'm@example.org' FROM share RETURNING cause, grant_id",
            kind,
        )
        return row["cause"], row["grant_id"]

    def rows(self, query: bytes, *values: object) -> list[Row]:
        """Ask the database as its owner."""
        with self.hospital.owner.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def add(self, kind: Kind, asked: UUID) -> None:
        """Note it, as the handler does."""
        with self.transaction() as table:
            table.add(kind, asked)

    def claim(self) -> Prompt | None:
        """Take what is due, in a transaction of its own."""
        with self.transaction() as table:
            return table.claim(BOTH)

    def states(self) -> list[str]:
        """Return how the rows stand."""
        return [row["state"] for row in self.rows(b"SELECT state FROM notify.prompt")]


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


def test_link_and_digits_are_minted_when_it_is_sent(desk: Desk) -> None:
    """What is kept are hashes of what the message says."""
    signin = desk.asked()
    desk.add(Kind.SIGNIN, signin)
    desk.add(Kind.SIGNIN, signin)
    prompt = desk.claim()
    assert prompt is not None
    assert (prompt.to, prompt.language, prompt.attempt) == ("+15550199", "es", 1)
    (row,) = desk.rows(b"SELECT * FROM access.signin WHERE signin = %s", signin)
    token = prompt.link.removeprefix("https://portal.example/l#")
    assert bytes(row["token_hash"]) == codes.hashed(token)
    assert bytes(row["code_hash"]) == codes.keyed(DOOR.key, f"signin|{signin}", prompt.code)
    assert desk.claim() is None  # leased, and told once


def test_a_helpers_code_is_not_in_the_link(desk: Desk) -> None:
    """What opens links joins nothing."""
    desk.add(Kind.HELPER, desk.helper())
    prompt = desk.claim()
    assert prompt is not None
    assert (prompt.channel, prompt.patient) == (Channel.EMAIL, "Maria")
    assert prompt.link == "https://portal.example/h"
    assert codes.read(prompt.code)


@pytest.mark.parametrize("named", [True, False])
def test_a_shares_link_is_minted_when_it_is_sent(desk: Desk, named: object) -> None:
    """It says who shares where they want that; only its hash is kept."""
    link = desk.link(named=named is True)
    desk.add(Kind.SHARE, link)
    prompt = desk.claim()
    assert prompt is not None
    assert (prompt.to, prompt.language, prompt.code) == ("o@example.org", "en", "")
    assert prompt.patient == ("Maria" if named else None)
    (row,) = desk.rows(b"SELECT secret_hash FROM access.link WHERE link = %s", link)
    token = prompt.link.removeprefix("https://portal.example/s#")
    assert bytes(row["secret_hash"]) == codes.hashed(token)


def test_what_was_taken_back_is_not_sent(desk: Desk) -> None:
    """Nor is a share of which no link is to be sent."""
    desk.add(Kind.SHARE, desk.link())
    desk.rows(
        b"UPDATE access.grants SET ended_at = now(), ended_as = 'withdrawn' RETURNING grant_id"
    )
    assert desk.claim() is None
    assert desk.states()[-1] == "dropped"


@pytest.mark.parametrize(
    "end",
    [
        b"UPDATE access.signin SET used_at = now() RETURNING 1",
        b"UPDATE access.signin SET expires_at = now() RETURNING 1",
        b"UPDATE access.signin SET proof_hash = '\\x00' RETURNING 1",
    ],
)
def test_what_nobody_waits_for_is_dropped(desk: Desk, end: bytes) -> None:
    """And the next in line is sent."""
    desk.add(Kind.SIGNIN, desk.asked())
    desk.rows(end)
    desk.add(Kind.SIGNIN, waits := desk.asked())
    prompt = desk.claim()
    assert prompt is not None
    assert prompt.id == waits
    assert sorted(desk.states()) == ["dropped", "due"]


def test_a_try_that_failed_is_minted_anew(desk: Desk) -> None:
    """The older message may have arrived; the newer one is what works."""
    desk.add(Kind.SIGNIN, desk.asked())
    first = desk.claim()
    assert first is not None
    with desk.transaction() as table:
        table.postpone(first, timedelta(0), "sms-down")
    second = desk.claim()
    assert second is not None
    assert second.attempt == 2
    assert second.link != first.link
    assert second.message != first.message


def test_who_was_never_asked_is_told_nothing(desk: Desk) -> None:
    """An event of a request that is gone is boring."""
    desk.add(Kind.SIGNIN, UUID(int=7))
    assert desk.states() == []


@pytest.mark.parametrize(
    "query",
    [
        b"UPDATE access.signin SET used_at = now()",
        b"UPDATE access.signin SET tries = 0",
        b"UPDATE access.helper SET person = patient",
        b"DELETE FROM access.signin",
        b"SELECT * FROM access.session",
        b"SELECT * FROM access.contact",
        b"UPDATE access.invitation SET tries = 0",
        b"INSERT INTO access.claim SELECT * FROM access.claim",
    ],
)
def test_notify_opens_no_door_itself(desk: Desk, query: bytes) -> None:
    """It mints codes, and that is all it may do there."""
    with pytest.raises(Refused), desk.hospital.notify.transaction() as connection:
        connection.execute(query)


def test_what_was_sent_is_forgotten_in_the_end(desk: Desk) -> None:
    """After a week and a day."""
    desk.add(Kind.SIGNIN, desk.asked())
    prompts.prune(desk.hospital.notify)
    assert desk.states() == ["due"]
    desk.rows(b"UPDATE notify.prompt SET created_at = now() - interval '9 days' RETURNING 1")
    prompts.prune(desk.hospital.notify)
    assert desk.states() == []


@pytest.mark.parametrize(
    "kind", [Kind.OPENED, Kind.LOCKED, Kind.STAFF_OPENED, Kind.ANSWERED], ids=str
)
def test_what_became_of_a_share_is_told_with_its_page(hospital: Hospital, kind: Kind) -> None:
    """By the event, once however often it comes."""
    desk = Desk(hospital)
    cause, grant = desk.notice(kind.value)
    for _ in range(2):
        with desk.transaction() as table:
            table.noticed(cause)
    claimed = desk.claim()
    assert claimed
    assert (claimed.kind, claimed.to, claimed.language) == (kind, "m@example.org", "es")
    assert claimed.link == f"https://portal.example/shared/{grant}"
    assert desk.claim() is None


@pytest.mark.parametrize(
    ("kind", "page"),
    [(Kind.REQUESTED, "requests"), (Kind.DECIDED, "staff"), (Kind.LOOKS, "looked")],
)
def test_what_is_about_no_grant_leads_to_its_page(
    hospital: Hospital, kind: Kind, page: str
) -> None:
    """In the language of who asked, where it is to them; of a day's looks the clock tells."""
    desk = Desk(hospital)
    cause, _ = desk.notice("opened")
    desk.rows(
        b"UPDATE access.notice SET kind = %s, grant_id = NULL, language = 'en' WHERE cause = %s"
        b" RETURNING 1",
        kind.value,
        cause,
    )
    if kind is Kind.LOOKS:
        prompts.by_time(hospital.notify)
    else:
        with desk.transaction() as table:
            table.noticed(cause)
    claimed = desk.claim()
    assert claimed
    assert (claimed.kind, claimed.language) == (kind, "en")
    assert claimed.link == f"https://portal.example/{page}"
    assert desk.claim() is None


@pytest.mark.parametrize("taken", [False, True])
def test_an_end_is_told_by_the_clock_while_the_share_stands(
    hospital: Hospital, taken: object
) -> None:
    """What was taken back meanwhile is told no more."""
    desk = Desk(hospital)
    _, grant = desk.notice("ending")
    for _ in range(2):
        prompts.by_time(hospital.notify)
    if taken:
        desk.rows(
            b"UPDATE access.grants SET ended_at = now(), ended_as = 'withdrawn'"
            b" WHERE grant_id = %s RETURNING 1",
            grant,
        )
    claimed = desk.claim()
    assert (claimed is None) is bool(taken)
    assert desk.claim() is None
