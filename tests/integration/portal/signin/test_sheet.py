"""A sheet from the desk: the way in without a telephone, and the way back for who lost theirs."""

import re
from collections.abc import Callable
from uuid import UUID

from tests.integration.portal.signin.conftest import Browser, Clinic

OTHER = "+34699000222"


def proven(clinic: Clinic, browser: Browser, address: str) -> str:
    """Prove one more number on the page that is shown; return where that leads."""
    page = browser.post("/contact", address=address)
    clinic.prompt()
    (digits,) = re.findall(r"\b[0-9]{6}\b", clinic.texts()[0])
    return browser.post(page.url.path, code=digits).url.path


def contacts(clinic: Clinic, record: UUID) -> list[str]:
    """Return where the person who has claimed `record` is reached."""
    query = (
        b"SELECT address FROM access.contact JOIN access.claim USING (person) WHERE record = %s"
        b" AND claim.ended_at IS NULL AND contact.ended_at IS NULL ORDER BY address"
    )
    return [row["address"] for row in clinic.rows(query, record)]


def test_a_sheet_lets_in_who_was_never_written_to(clinic: Clinic, desk: Callable[..., str]) -> None:
    """Its code and the birth date; then a number to come back by, then the wish."""
    record = clinic.patient()
    browser = clinic.browser()
    assert browser.claim(desk(record)).url.path == "/contact"
    assert browser.signed_in
    assert contacts(clinic, record) == []
    assert proven(clinic, browser, OTHER) == "/wish"
    assert contacts(clinic, record) == [OTHER]
    assert clinic.entries(record) == ["claimed", "contact-added"]
    again = clinic.browser()
    waiting = clinic.signin(again, OTHER)
    again.post(waiting.path, code=waiting.digits)
    assert again.signed_in


def test_a_sheet_that_would_be_of_no_use_is_not_printed(
    clinic: Clinic, number: str, desk: Callable[..., str]
) -> None:
    """For nobody, without a birth date, for who has claimed, or to recover what nobody has."""
    undated, claimed = clinic.patient(born=None), clinic.patient(number)
    clinic.browser().claim(clinic.invited(claimed))
    assert desk(undated) == "1"
    assert desk(claimed) == "1"
    assert desk(clinic.patient(), "--recover") == "1"
    assert desk(UUID(int=7)) == "1"
    query = b"SELECT FROM access.invitation WHERE channel IS NULL AND site = %s"
    assert clinic.rows(query, clinic.site) == []


def test_digits_prove_a_number_for_who_asked_only(clinic: Clinic, number: str) -> None:
    """Whoever else types them, signed in or not, gets nothing; and they sign nobody in."""
    browser, other = clinic.browser(), clinic.browser()
    browser.claim(clinic.invited(clinic.patient(number)))
    other.claim(clinic.invited(clinic.patient(f"{number}1")))
    page = browser.post("/contact", address=OTHER)
    clinic.prompt()
    text = clinic.texts()[0]
    assert "://" not in text
    (digits,) = re.findall(r"\b[0-9]{6}\b", text)
    assert other.post(page.url.path, code=digits).status_code == 403
    stranger = clinic.browser()
    stranger.post(page.url.path.replace("/contact/", "/signin/"), code=digits)
    assert not stranger.signed_in
    assert browser.post(page.url.path, code="12").status_code == 422
    assert browser.post(page.url.path, code=digits).status_code == 200
    assert OTHER in browser.get("/settings").text
    assert OTHER not in other.get("/settings").text


def test_the_last_number_cannot_be_taken_out(clinic: Clinic, number: str) -> None:
    """One of several can, and signs nobody in from then on."""
    record, browser = clinic.patient(number), clinic.browser()
    browser.claim(clinic.invited(record))
    end = {"channel": "sms", "address": number}
    browser.post("/settings/contacts/end", **end)
    assert contacts(clinic, record) == [number]
    proven(clinic, browser, OTHER)
    browser.post("/settings/contacts/end", **end)
    browser.post("/settings/contacts/end", channel="sms", address=OTHER)
    assert contacts(clinic, record) == [OTHER]
    assert clinic.signin(clinic.browser(), number).text == ""
    assert clinic.entries(record) == ["claimed", "contact-added", "contact-ended"]


def test_a_sheet_lets_back_in_who_lost_their_number(
    clinic: Clinic, number: str, desk: Callable[..., str]
) -> None:
    """The same person with all their records; elsewhere they are signed out, and all is told."""
    record, elsewhere = clinic.patient(number), clinic.patient(number)
    old = clinic.browser()
    old.claim(clinic.invited(record))
    old.claim(clinic.invited(elsewhere))
    code = desk(record, "--recover")
    browser = clinic.browser()
    before = len(clinic.texts())
    assert browser.claim(code).url.path == "/contact"
    assert browser.signed_in
    assert not old.signed_in
    assert clinic.entries(record) == ["claimed", "recovered"]
    assert clinic.entries(elsewhere) == ["claimed", "recovered"]
    clinic.prompt()
    (told,) = clinic.texts()[: len(clinic.texts()) - before]
    assert "Test Hospital" in told
    assert "+1 555 0100" in told
    assert code not in told
    assert proven(clinic, browser, OTHER) == "/wish"
    browser.post("/settings/contacts/end", channel="sms", address=number)
    assert contacts(clinic, record) == [OTHER]
    (row,) = clinic.rows(
        b"SELECT count(DISTINCT person) AS people, count(recovered_at) AS recovered"
        b" FROM access.claim JOIN access.person USING (person)"
        b" WHERE record = ANY(%s) AND ended_at IS NULL",
        [record, elsewhere],
    )
    assert row == {"people": 1, "recovered": 2}
    assert clinic.browser().claim(code).status_code == 403


def test_a_sheet_to_recover_is_locked_like_any_code(
    clinic: Clinic, number: str, desk: Callable[..., str]
) -> None:
    """By five wrong birth dates; nobody is signed out by them."""
    record, old, thief = clinic.patient(number), clinic.browser(), clinic.browser()
    old.claim(clinic.invited(record))
    code = desk(record, "--recover")
    for day in range(1, 6):
        thief.post("/claim", code=code, day=str(day), month="1", year="1900")
    assert thief.claim(code).status_code == 403
    assert not thief.signed_in
    assert old.signed_in
    assert clinic.entries(record) == ["claimed"]
