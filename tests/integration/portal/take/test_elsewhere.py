"""portal.take: put it on a computer, by a code that works once, soon, with few guesses."""

import re
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from starlette.testclient import TestClient

from tests.integration.portal.take.conftest import Stage

Browser: TypeAlias = Callable[[str | None], TestClient]
BORN = {"day": "12", "month": "4", "year": "1968"}


def code_of(client: TestClient, stage: Stage) -> tuple[str, str]:
    """Take the first study; return the address of its ZIP, and a code for it."""
    stage.received.run("DELETE FROM access.bucket")  # other tests have the same address
    page = client.post(f"/scans/{stage.place}/take").headers["location"]
    answer = client.post(f"{page}/code")
    assert "/d</strong>" in answer.text
    (code,) = re.findall(r'<strong class="code">([^<]+)</strong>', answer.text)
    return f"{page}/scans.zip", code


def address_in(page: str) -> str:
    """Return where the file is had."""
    (address,) = re.findall(r'href="(/d/[^"]+/scans\.zip)"', page)
    return str(address)


def test_a_code_gives_one_download_elsewhere(browser: Browser, stage: Stage) -> None:
    """The same bytes, any range; the log and a message say so; the code is used up."""
    secret, session = stage.people.session(stage.person)
    client, there = browser(secret), browser(None)
    stage.received.run(
        "INSERT INTO access.contact (person, channel, address) VALUES (%s, 'sms', '+34600000000')",
        stage.person,
    )
    own, code = code_of(client, stage)
    address = address_in(there.post("/d", data={"code": code, **BORN}).text)
    whole = there.get(address)
    assert whole.content == client.get(own).content
    part = there.get(address, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert there.post("/d", data={"code": code, **BORN}).status_code == 404
    rows = stage.received.rows(
        "SELECT actor, session, because FROM access.entry WHERE action = 'taken-elsewhere'"
        " AND session = %s",
        session,
    )
    assert rows == [{"actor": stage.person, "session": session, "because": "own"}]
    told = stage.received.rows(
        "SELECT kind FROM access.notice WHERE person = %s AND kind = 'elsewhere'", stage.person
    )
    assert len(told) == 1
    ended(stage, session)
    assert there.get(address).status_code == 404


def ended(stage: Stage, session: UUID) -> None:
    """Sign out the device on which the code was shown."""
    stage.received.run("UPDATE access.session SET ended_at = now() WHERE session = %s", session)


def test_few_guesses(browser: Browser, stage: Stage) -> None:
    """Five wrong birth dates lock a code; then the right one opens nothing."""
    client, there = browser(stage.people.session(stage.person)[0]), browser(None)
    _, code = code_of(client, stage)
    wrong = {**BORN, "year": "1969"}
    said = [there.post("/d", data={"code": code, **wrong}).status_code for _ in range(5)]
    assert said == [403] * 4 + [404]
    assert there.post("/d", data={"code": code, **BORN}).status_code == 404
    assert there.post("/d", data={"code": "0000-0000-1", **BORN}).status_code in {404, 422}
    assert there.get(f"/d/{'A' * 43}/scans.zip").status_code == 404


def test_it_is_over_soon(browser: Browser, stage: Stage) -> None:
    """After its minutes the code, after its hours the address, give nothing."""
    client, there = browser(stage.people.session(stage.person)[0]), browser(None)
    _, code = code_of(client, stage)
    _, late = code_of(client, stage)
    address = address_in(there.post("/d", data={"code": code, **BORN}).text)
    stage.received.run("UPDATE access.elsewhere SET ends_at = now(), expires_at = now()")
    assert there.get(address).status_code == 404
    assert there.post("/d", data={"code": late, **BORN}).status_code == 404


def test_only_whoever_took_it_makes_a_code(browser: Browser, stage: Stage) -> None:
    """Nobody else, and nobody who is signed out."""
    client = browser(stage.people.session(stage.person)[0])
    page = client.post(f"/scans/{stage.place}/take").headers["location"]
    stranger = browser(stage.people.session(stage.people.person())[0])
    assert stranger.post(f"{page}/code").status_code == 404
    assert browser(None).post(f"{page}/code").status_code == 303
