"""services.portal.signin: a message signs in who holds the telephone, and nobody else."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from shared import metrics
from tests.integration.portal.signin.conftest import BORN, Browser, Clinic, Waiting, first


@pytest.fixture
def maria(clinic: Clinic, number: str) -> str:
    """Return the number of somebody who has claimed her record, on another device."""
    clinic.browser().claim(clinic.invited(clinic.patient(number)))
    return number


def test_six_digits_sign_in(clinic: Clinic, maria: str) -> None:
    """In the browser that asked, or in any other that knows the page; once."""
    browser, other = clinic.browser(), clinic.browser()
    waiting = clinic.signin(browser, f" {maria[:3]} {maria[3:6]} {maria[6:]} ")
    assert other.post(waiting.path, code=waiting.digits).url.path == "/scans"
    assert other.signed_in
    assert browser.post(waiting.path, code=waiting.digits).status_code == 403
    assert not browser.signed_in


def test_the_link_signs_in_the_browser_that_asked(clinic: Clinic, maria: str) -> None:
    """By a button: opening it alone does nothing."""
    browser = clinic.browser()
    waiting = clinic.signin(browser, maria)
    assert "data-fragment" in browser.get("/l").text
    assert not browser.signed_in
    assert browser.post("/l", token=waiting.token).url.path == "/scans"
    assert browser.signed_in


def test_a_scanner_that_submits_forms_signs_nobody_in(clinic: Clinic, maria: str) -> None:
    """It runs the script and presses the button, and is asked for digits; hers still work."""
    browser, scanner = clinic.browser(), clinic.browser()
    waiting = clinic.signin(browser, maria)
    answer = scanner.post("/l", token=waiting.token)
    assert answer.url.path == waiting.path
    assert not scanner.signed_in
    assert browser.post("/l", token=waiting.token).url.path == "/scans"


def test_the_same_answer_for_numbers_that_nobody_has(clinic: Clinic, maria: str) -> None:
    """Nothing is sent, and no page tells: not the first, nor any after wrong digits."""
    known, unknown = clinic.browser(), clinic.browser()
    pages = [clinic.signin(known, maria), clinic.signin(unknown, "+34699999998")]
    assert pages[0].text
    assert not pages[1].text
    said = []
    for browser, waiting in zip((known, unknown), pages, strict=True):
        answers = [waiting.page]
        answers += [browser.post(waiting.path, code=pages[0].wrong) for _ in range(6)]
        said.append([(a.status_code, a.text.replace(waiting.path, "")) for a in answers])
    assert said[0] == said[1]
    assert known.post(pages[0].path, code=pages[0].digits).status_code == 403  # ended by five


def test_wrong_digits_are_counted_exactly(clinic: Clinic, maria: str) -> None:
    """Of twenty at once five are looked at; then the link is over too."""
    browser = clinic.browser()
    waiting = clinic.signin(browser, maria)
    crowd = [clinic.browser() for _ in range(20)]
    with ThreadPoolExecutor(10) as pool:
        pages = list(pool.map(lambda one: one.post(waiting.path, code=waiting.wrong), crowd))
    assert sum("newest message" in page.text for page in pages) == 4
    query = b"SELECT tries FROM access.signin WHERE address = %s"
    assert [row["tries"] for row in clinic.rows(query, maria)] == [5]
    assert browser.post("/l", token=waiting.token).status_code == 403
    assert not browser.signed_in


def test_a_message_is_sent_five_times_an_hour(clinic: Clinic, maria: str) -> None:
    """Also of many that ask at once."""
    crowd = [clinic.browser() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        pages = list(pool.map(lambda one: one.post("/signin", address=maria), crowd))
    assert sorted(page.status_code for page in pages) == [200] * 5 + [429] * 5
    before = len(clinic.texts())
    clinic.prompt()
    assert len(clinic.texts()) - before == 5


@pytest.mark.parametrize("address", ["", "hello", "@", "a@b@c", "+1", "x" * 300])
def test_what_is_no_address_is_said_to_be_none(clinic: Clinic, address: str) -> None:
    """Before anything is asked."""
    assert clinic.browser().post("/signin", address=address).status_code == 422


def test_an_ended_request_is_over(clinic: Clinic, maria: str) -> None:
    """After a quarter of an hour neither digits nor link work."""
    browser = clinic.browser()
    waiting = clinic.signin(browser, maria)
    with clinic.owner.transaction() as connection:
        connection.execute("UPDATE access.signin SET expires_at = now()")
    assert browser.post(waiting.path, code=waiting.digits).status_code == 403
    assert browser.post("/l", token=waiting.token).status_code == 403
    assert not browser.signed_in


def button(page: str, name: str) -> str:
    """Return the value of the button that bears `name`."""
    return page.split(f">{name}</button>", maxsplit=1)[0].rpartition('value="')[2].rstrip('"')


def test_a_family_says_who_it_is(clinic: Clinic, number: str) -> None:
    """One telephone, two people: each sees their own, and only once the contact is proven."""
    for name, birth in (("Ana", 1990), ("Bruno", 1992)):
        record = clinic.patient(number, name=name, born=BORN.replace(year=birth))
        clinic.browser().claim(clinic.invited(record), BORN.replace(year=birth))
    browser = clinic.browser()
    waiting = clinic.signin(browser, number)
    page = browser.post(waiting.path, code=waiting.digits)
    assert not browser.signed_in
    proof = page.text.split('name="proof" value="')[1].split('"')[0]
    bruno = button(page.text, "Bruno")
    where = f"{waiting.path}/who"
    assert clinic.browser().post(where, person=bruno, proof="x" * 43).status_code == 403
    assert browser.post(where, person=bruno, proof=proof).url.path == "/scans"
    assert "Bruno" in browser.get("/settings").text
    assert clinic.browser().post(where, person=bruno, proof=proof).status_code == 403


def test_nobody_is_chosen_whose_contact_it_is_not(clinic: Clinic, number: str) -> None:
    """A proof of one telephone is none of another's people."""
    stranger = clinic.browser()
    stranger.claim(clinic.invited(clinic.patient(f"{number}1", name="Carla")))
    (carla,) = clinic.rows(b"SELECT person FROM access.contact WHERE address = %s", f"{number}1")
    for name, birth in (("Ana", 1990), ("Bruno", 1992)):
        record = clinic.patient(number, name=name, born=BORN.replace(year=birth))
        clinic.browser().claim(clinic.invited(record), BORN.replace(year=birth))
    browser = clinic.browser()
    waiting = clinic.signin(browser, number)
    page = browser.post(waiting.path, code=waiting.digits)
    proof = page.text.split('name="proof" value="')[1].split('"')[0]
    answer = browser.post(f"{waiting.path}/who", person=str(carla["person"]), proof=proof)
    assert answer.status_code == 403
    assert not browser.signed_in


def test_a_second_hospital_is_added_after_signing_in(clinic: Clinic, maria: str) -> None:
    """Code and birth date are right, and the number is known: it is she, so she stays one."""
    record = clinic.patient(maria)
    browser = clinic.browser()
    code = clinic.invited(record)
    page = browser.claim(code)
    assert "…" in page.text
    assert maria not in page.text
    assert not browser.signed_in
    answer = browser.claim(code, how="sign-in")
    clinic.prompt()
    waiting = Waiting(answer, clinic.texts()[0])
    assert browser.post(waiting.path, code=waiting.digits).url.path == "/wish"
    people = clinic.rows(
        b"SELECT person, count(*) AS records FROM access.claim JOIN access.contact USING (person)"
        b" WHERE address = %s AND claim.ended_at IS NULL GROUP BY person",
        maria,
    )
    assert [row["records"] for row in people] == [2]
    assert clinic.entries(record) == ["claimed"]


def test_a_twin_may_be_somebody_else(clinic: Clinic, maria: str) -> None:
    """Same birth date, same telephone, another person."""
    browser = clinic.browser()
    code = clinic.invited(clinic.patient(maria, name="Bruno"))
    assert browser.claim(code, how="anew").url.path == "/wish"
    people = clinic.rows(b"SELECT person FROM access.contact WHERE address = %s", maria)
    assert len(people) == 2


def test_who_cannot_sign_in_does_not_get_the_record(clinic: Clinic, maria: str) -> None:
    """Asked for the digits they do not have, they stay outside, and the code stays good."""
    record = clinic.patient(maria)
    browser, code = clinic.browser(), clinic.invited(record)
    answer = browser.claim(code, how="sign-in")
    clinic.prompt()
    waiting = Waiting(answer, clinic.texts()[0])
    browser.post(waiting.path, code=waiting.wrong)
    assert not browser.signed_in
    assert clinic.entries(record) == []


@pytest.fixture
def inside(clinic: Clinic, maria: str) -> Browser:
    """Return a browser in which she is signed in."""
    browser = clinic.browser()
    waiting = clinic.signin(browser, maria)
    browser.post(waiting.path, code=waiting.digits)
    return browser


def test_an_ended_device_reads_nothing(clinic: Clinic, maria: str, inside: Browser) -> None:
    """Ended from another one, at once; the other goes on."""
    other = clinic.browser()
    waiting = clinic.signin(other, maria)
    other.post(waiting.path, code=waiting.digits)
    assert "Firefox, Linux" in inside.get("/settings").text
    inside.post("/settings/devices/end-others")
    assert inside.signed_in
    assert not other.signed_in


def test_another_persons_device_is_not_mine_to_end(clinic: Clinic, inside: Browser) -> None:
    """Its number is not enough."""
    stranger = clinic.browser()
    stranger.claim(clinic.invited(clinic.patient("+34611111111")))
    query = b"SELECT session FROM access.session WHERE ended_at IS NULL ORDER BY opened_at"
    for row in clinic.rows(query):
        stranger.post(f"/settings/devices/{row['session']}/end")
    assert inside.signed_in


def test_signing_out_ends_the_session(clinic: Clinic, inside: Browser) -> None:
    """Also for whoever has kept the cookie."""
    kept = clinic.browser()
    kept.client.cookies.update(inside.client.cookies)
    assert inside.post("/signout").url.path == "/"
    assert not inside.signed_in
    assert not kept.signed_in


def test_what_is_not_hers_is_given_back(clinic: Clinic, number: str) -> None:
    """She sees it no more, the log keeps that she did, and the hospital may invite anew."""
    inside, record = clinic.browser(), clinic.patient(number)
    older, code = clinic.invited(record), clinic.invited(record)
    inside.claim(code)
    where = first(r'action="(/settings/records/[0-9a-f-]{36}/end)"', inside.get("/settings").text)
    stranger = clinic.browser()
    stranger.claim(clinic.invited(clinic.patient("+34611111112")))
    stranger.post(where)
    assert "unclaimed" not in clinic.entries(record)
    inside.post(where)
    assert clinic.entries(record)[-1] == "unclaimed"
    assert clinic.told(record) == ["patient.claimed.v1", "patient.unclaimed.v1"]
    assert where not in inside.get("/settings").text
    assert clinic.browser().claim(older).status_code == 403  # used with the other
    assert clinic.browser().claim(clinic.invited(record)).url.path == "/wish"


@pytest.mark.parametrize("path", ["/settings", "/helpers", "/scans", "/wish"])
def test_who_is_signed_out_is_asked_to_sign_in(clinic: Clinic, path: str) -> None:
    """And sees nothing before."""
    assert clinic.browser().get(path).url.path == "/signin"


def test_messages_speak_the_language_that_was_chosen(
    clinic: Clinic, maria: str, inside: Browser
) -> None:
    """On the page, and in what is sent to her from now on."""
    answer = inside.post("/language/en", back="/settings")
    assert 'lang="en"' in answer.text
    query = (
        b"SELECT language FROM access.person JOIN access.contact USING (person) WHERE address = %s"
    )
    assert [row["language"] for row in clinic.rows(query, maria)] == ["en"]


def test_nobody_is_named_in_the_log(clinic: Clinic, number: str) -> None:
    """No number, name, birth date, code, link or cookie, however it went; nor in the metrics."""
    with capture_logs() as lines:
        browser = clinic.browser()
        code = clinic.invited(clinic.patient(number, name="Maria Quintero"))
        browser.claim(code, BORN.replace(year=1900))
        browser.claim(code)
        waiting = clinic.signin(other := clinic.browser(), number)
        other.post(waiting.path, code=waiting.wrong)
        other.post("/l", token=waiting.token)
        other.post("/helpers", name="Lucía", address=f"{number[:-2]}00")
        clinic.prompt()
        other.post("/signin/no-number", code="1")
        other.post("/settings/devices/no-number/end")
    cookies = [*browser.client.cookies.values(), *other.client.cookies.values()]
    # Names and labels: the number of bytes that a process has may hold any four digits.
    told = [each.rpartition(" ")[0] for each in metrics.exposition().decode().splitlines()]
    written = f"{lines} {told}"
    typed = [code, code.replace("-", ""), waiting.digits, waiting.wrong, waiting.token]
    secrets = [*typed, number, number[1:]]
    for said in (*secrets, *(one for one in cookies if one != "es"), "Quintero", "Lucía", "1968"):
        assert said not in written
    assert {"claim_tried", "signin_tried", "prompt_tried"} <= {line["event"] for line in lines}
