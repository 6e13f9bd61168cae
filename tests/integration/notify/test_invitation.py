"""services.notify.invitation on a real database: a code for each letter, until somebody claims."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

import services.notify
from deploy.local.post import Post
from services.notify.channels import email, sms
from services.notify.dispatch import Claim, dispatch
from services.notify.invitation import Invitations
from shared.access import codes
from shared.db import Row
from shared.events import Channel
from shared.wording import load
from tests.integration.notify.conftest import Hospital
from tests.judging import doors
from tests.judging.edges import Edges
from tests.judging.mailbox import read_messages

KEY = "a key of the tests, 32 characters"


def ways(hospital: Hospital) -> Invitations:
    return Invitations(hospital.notify, "https://portal.example", KEY)


def due(hospital: Hospital, record: UUID) -> Claim:
    hospital.owe(hospital.debt(record, f"1.{record.int}"))
    with hospital.transaction() as table:
        claim = table.claim([Channel.EMAIL])
    assert claim is not None
    return claim


def kept(hospital: Hospital, record: UUID) -> list[Row]:
    with hospital.owner.transaction() as connection:
        return connection.execute(
            "SELECT *, expires_at - made_at AS term FROM access.invitation WHERE record = %s",
            (record,),
        ).fetchall()


def test_a_code_is_kept_as_a_hash_with_whom_it_is_for(hospital: Hospital) -> None:
    """Record, site, and where it goes; it lasts thirty days."""
    record = hospital.reachable("jan@patients.example")
    way = ways(hospital).way(due(hospital, record))
    (row,) = kept(hospital, record)
    assert way.code
    plain = codes.read(way.code)
    assert plain
    assert way.link == f"https://portal.example/c#{way.code}"
    assert bytes(row["code_hash"]) == codes.keyed(KEY, "invitation", plain)
    assert (row["site"], row["channel"], row["address"]) == (
        hospital.site,
        "email",
        "jan@patients.example",
    )
    assert row["term"].days in {29, 30}  # made_at is a moment earlier


def test_a_letter_that_is_tried_again_bears_another_code(hospital: Hospital) -> None:
    """And the one before stays good."""
    record = hospital.reachable()
    claim = due(hospital, record)
    first, second = ways(hospital).way(claim), ways(hospital).way(claim)
    assert first.code != second.code
    assert len(kept(hospital, record)) == 2


@pytest.mark.parametrize("ended", [False, True])
def test_a_claimed_record_gets_no_code(hospital: Hospital, *, ended: bool) -> None:
    """While it is claimed; who gave it back is invited again."""
    record = hospital.reachable()
    claim = due(hospital, record)
    with hospital.owner.transaction() as connection:
        connection.execute(
            "WITH one AS (INSERT INTO access.person DEFAULT VALUES RETURNING person)"
            " INSERT INTO access.claim (person, record, site, ended_at)"
            " SELECT person, %s, %s, CASE WHEN %s THEN now() END FROM one",
            (record, hospital.site, ended),
        )
    way = ways(hospital).way(claim)
    assert (way.code is not None) == ended
    assert way.link.startswith("https://portal.example/c#" if ended else way.portal + "/scans")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("phone", [None, "+15550199"])
def test_the_judge_finds_the_way_in_good(
    hospital: Hospital,
    post: Post,
    environment: Callable[[str], dict[str, str]],
    phone: str | None,
    language: str,
) -> None:
    """As it came out at the far end, letter and text message; under another key it is none."""
    told = environment("notify")
    to = phone or "jan@patients.example"
    record = hospital.patient()
    hospital.tell(record, None if phone else to, phone, language)
    hospital.owe(hospital.debt(record))
    gateway = sms.gateway(told["SCANPASS_SMS_GATEWAY_URL"])
    dispatch(
        hospital.transaction,
        {
            Channel.EMAIL: email.Email(email.server(told["SCANPASS_SMTP_URL"]), "x@x.example"),
            Channel.SMS: sms.Sms(gateway, SecretStr(told["SCANPASS_SMS_GATEWAY_TOKEN"])),
        },
        ways(hospital).way,
        load(Path(services.notify.__file__).parent, "notify"),
    )
    (came,) = read_messages(post.mailbox.directory.parent)
    owner = environment("owner")["SCANPASS_DATABASE_URL"]
    with psycopg.connect(owner, row_factory=dict_row, autocommit=True) as database:
        for key, faults in ((KEY, 0), ("another key", 1)):
            known = doors.read(Edges(None, database, ""), "https://portal.example", key)
            assert len(list(known.of_message("x", record, to, came.text))) == faults
    assert came.to == to
