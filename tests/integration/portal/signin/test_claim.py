"""services.portal.signin: a code from a message and a birth date open the patient's record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest

from services.portal.page import LANGUAGE
from tests.integration.portal.signin.conftest import BORN, Clinic

WRONG = date(1970, 1, 2)


def test_a_text_message_opens_the_record(clinic: Clinic, number: str) -> None:
    """Link, code and birth date: she is signed in, in her language, and her log says so."""
    record = clinic.patient(number)
    text = clinic.write(record)
    link = next(word for word in text.split() if "://" in word)
    address, code = link.split("#")
    browser = clinic.browser()

    page = browser.get(address)
    assert "data-fragment" in page.text
    answer = browser.claim(code)
    assert (answer.status_code, answer.url.path) == (200, "/wish")
    assert browser.client.cookies[LANGUAGE] == "es"
    assert clinic.entries(record) == ["claimed"]
    assert clinic.told(record) == ["patient.claimed.v1"]
    (contact,) = clinic.rows(
        b"SELECT contact.* FROM access.contact JOIN access.claim USING (person) WHERE record = %s",
        record,
    )
    assert (contact["channel"], contact["address"]) == ("sms", number)


def test_the_cookie_is_for_nobody_but_the_pages(clinic: Clinic, number: str) -> None:
    """No script reads it, no other site's form sends it, and the table keeps only its hash."""
    browser = clinic.browser()
    code = clinic.invited(clinic.patient(number))
    browser.client.follow_redirects = False
    (cookie,) = [
        value
        for value in browser.claim(code).headers.get_list("set-cookie")
        if not value.startswith(LANGUAGE)
    ]
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_who_has_claimed_is_written_to_without_a_code(clinic: Clinic, number: str) -> None:
    """The next message leads to what they know."""
    record = clinic.patient(number)
    clinic.browser().claim(clinic.invited(record))
    text = clinic.write(record)
    assert "/scans" in text
    assert "#" not in text


def test_a_used_code_and_its_siblings_are_over(clinic: Clinic, number: str) -> None:
    """Two letters, one claim: no code of the record works any more, in any browser."""
    record = clinic.patient(number)
    first, second = clinic.invited(record), clinic.invited(record)
    assert clinic.browser().claim(second).url.path == "/wish"
    for code in (first, second):
        stranger = clinic.browser()
        assert stranger.claim(code).status_code == 403
        assert not stranger.signed_in


def test_unknown_used_and_expired_answer_alike(clinic: Clinic, number: str) -> None:
    """To a stranger there is no difference; the page says nothing of whose code it was."""
    used, expired = clinic.patient(number), clinic.patient(number + "1")
    codes = [clinic.invited(used), clinic.invited(expired), "0000-0000-0"]
    clinic.browser().claim(codes[0])
    with clinic.owner.transaction() as connection:
        connection.execute(
            "UPDATE access.invitation SET expires_at = now() WHERE record = %s", (expired,)
        )
    pages = [clinic.browser().claim(code) for code in codes]
    assert {page.status_code for page in pages} == {403}
    said = {page.text.replace(code, "") for page, code in zip(pages, codes, strict=True)}
    assert len(said) == 1
    assert "Test Hospital" not in said.pop()


def tries(clinic: Clinic, record: UUID) -> int:
    (row,) = clinic.rows(b"SELECT tries FROM access.invitation WHERE record = %s", record)
    count: int = row["tries"]
    return count


def test_five_wrong_birth_dates_lock_the_code(clinic: Clinic, number: str) -> None:
    """Also for the right one after them; the page says whom to call, and in which languages."""
    record = clinic.patient(number)
    code, browser = clinic.invited(record), clinic.browser()
    pages = [browser.claim(code, WRONG) for _ in range(5)]
    for page in (pages[-1], browser.claim(code, BORN)):
        for fact in ("Test Hospital", "+1 555 0100", "Mon-Fri", "English and Spanish"):
            assert fact in page.text
    assert "Test Hospital" not in pages[0].text
    assert not browser.signed_in
    assert tries(clinic, record) == 5


def test_parallel_guesses_are_counted_exactly(clinic: Clinic, number: str) -> None:
    """Of twenty at once five are looked at."""
    record = clinic.patient(number)
    code = clinic.invited(record)
    browsers = [clinic.browser() for _ in range(20)]
    guesses = [date(1970, 1, day + 1) for day in range(20)]
    with ThreadPoolExecutor(10) as crowd:
        pages = list(
            crowd.map(lambda one: one[0].claim(code, one[1]), zip(browsers, guesses, strict=True))
        )
    assert tries(clinic, record) == 5
    assert sum("more time" in page.text for page in pages) == 4
    assert sum("+1 555 0100" in page.text for page in pages) == 16


def test_a_slip_of_the_pen_costs_no_try(clinic: Clinic, number: str) -> None:
    """Neither a code that cannot be one, nor a day that there is not."""
    record = clinic.patient(number)
    code, browser = clinic.invited(record), clinic.browser()
    assert browser.claim(code[:-1] + ("0" if code[-1] != "0" else "1")).status_code == 422
    said = {"code": code, "day": "31", "month": "2", "year": "1968"}
    assert browser.post("/claim", **said).status_code == 422
    assert tries(clinic, record) == 0
    assert browser.claim(code.lower().replace("-", " ")).url.path == "/wish"


def test_without_a_birth_date_the_desk_helps(clinic: Clinic, number: str) -> None:
    """No date is guessed at, and nobody is let in by the code alone."""
    record = clinic.patient(number, born=None)
    browser = clinic.browser()
    page = browser.claim(clinic.invited(record))
    assert "+1 555 0100" in page.text
    assert tries(clinic, record) == 0
    assert not browser.signed_in


def test_guessing_codes_is_limited(clinic: Clinic) -> None:
    """After twenty in a row a client has to wait."""
    browser = clinic.browser()
    statuses = [browser.claim("0000-0000-0").status_code for _ in range(25)]
    assert statuses == [403] * 20 + [429] * 5


def test_who_is_signed_in_gets_one_more_record(clinic: Clinic, number: str) -> None:
    """And stays one person."""
    first, second = clinic.patient(number), clinic.patient(number, born=date(1999, 5, 5))
    browser = clinic.browser()
    browser.claim(clinic.invited(first))
    assert browser.claim(clinic.invited(second), date(1999, 5, 5)).url.path == "/wish"
    owners = clinic.rows(
        b"SELECT count(DISTINCT person) AS people, count(*) AS records FROM access.claim"
        b" WHERE record = ANY(%s) AND ended_at IS NULL",
        [first, second],
    )
    assert owners == [{"people": 1, "records": 2}]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_is_refused(clinic: Clinic, number: str, site: str) -> None:
    """Nobody is signed in by a page that is not ours."""
    code, browser = clinic.invited(clinic.patient(number)), clinic.browser()
    said = {"code": code, "day": str(BORN.day), "month": str(BORN.month), "year": str(BORN.year)}
    answer = browser.client.post("/claim", data=said, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert not browser.signed_in


def test_nothing_of_it_stands_in_a_table(clinic: Clinic, number: str) -> None:
    """Only hashes are kept of codes and of sessions, and of addresses of clients."""
    record = clinic.patient(number)
    code, browser = clinic.invited(record), clinic.browser()
    browser.claim(code)
    kept = str(
        clinic.rows(b"SELECT i.* FROM access.invitation AS i WHERE record = %s", record)
        + clinic.rows(b"SELECT * FROM access.session")
        + clinic.rows(b"SELECT * FROM access.bucket")
        + clinic.rows(b"SELECT body FROM access.outbox")
    )
    del browser.client.cookies[LANGUAGE]
    for said in (code, code.replace("-", ""), "127.0.0.1", *browser.client.cookies.values()):
        assert said not in kept
