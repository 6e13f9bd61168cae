"""portal.pages: what a person sees who has signed in, and what nobody else does."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from starlette.testclient import TestClient

from services.portal.edges import Edges
from tests.integration.portal.conftest import Hand

Browser: TypeAlias = Callable[[str | None], TestClient]


def test_my_scans_are_those_of_all_my_hospitals(browser: Browser, hand: Hand) -> None:
    """In plain words, each with its hospital; nobody else's are there."""
    maria = hand.person()
    study = hand.study(hand.record(maria))
    foreign = hand.study(hand.record(hand.person("Eve")))
    page = browser(hand.session(maria)).get("/scans")
    assert page.status_code == 200
    assert study in page.text
    assert "MRI of the head" in page.text
    assert "3 of 3 images, as the hospital sent them" in page.text
    assert foreign not in page.text


def test_the_browsers_language_is_spoken_until_another_is_chosen(
    browser: Browser, hand: Hand
) -> None:
    """A cookie remembers the choice."""
    maria = hand.person()
    hand.study(hand.record(maria))
    client = browser(hand.session(maria))
    client.headers["accept-language"] = "es-MX,es;q=0.9,en;q=0.5"
    assert "Resonancia magnética de la cabeza" in client.get("/scans").text
    assert client.post("/language/en", data={"back": "/scans"}).headers["location"] == "/scans"
    assert "MRI of the head" in client.get("/scans").text
    assert client.post("/language/xx", data={}).status_code == 404


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil", "/%2f/x"])
def test_the_way_back_leads_nowhere_else(browser: Browser, back: str) -> None:
    """Only to one of our own pages."""
    answer = browser(None).post("/language/es", data={"back": back})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("said", ["rodilla", "head 2024", "CABEZA", "cabesa"])
def test_a_search_takes_plain_words_and_slips(browser: Browser, hand: Hand, said: str) -> None:
    """Accents, case, the other language, one wrong letter."""
    maria = hand.person()
    record = hand.record(maria)
    head = hand.study(record)
    knee = hand.study(record, words=" knee rodilla mr 2023 ")
    page = browser(hand.session(maria)).get("/scans", params={"q": said}).text
    assert ((head in page), (knee in page)) == ((said != "rodilla"), (said == "rodilla"))


def test_many_scans_come_page_by_page(browser: Browser, hand: Hand) -> None:
    """Each once, however many."""
    maria = hand.person()
    record = hand.record(maria)
    all_of_them = {hand.study(record) for _ in range(35)}
    client = browser(hand.session(maria))
    first = client.get("/scans").text
    (older,) = (part.split('"')[0] for part in first.split('class="button quiet" href="')[1:])
    second = client.get(older.replace("&amp;", "&")).text
    shown = [study for study in all_of_them for page in (first, second) if study in page]
    assert sorted(shown) == sorted(all_of_them)


def test_one_scan_says_what_came_and_whom_to_call(browser: Browser, hand: Hand) -> None:
    """And opening its page stands in the log."""
    maria = hand.person()
    record = hand.record(maria)
    study = hand.study(record)
    page = browser(hand.session(maria)).get(f"/scans/{hand.site}/{study}")
    assert page.status_code == 200
    for words in ("MRI of the head", "North Hospital", "+1 202 555 0100", "AAAA-00"):
        assert words in page.text
    assert hand.log(record) == [("patient", "list-opened", "own")]


@pytest.mark.parametrize("state", ["arriving", "held"])
def test_what_cannot_be_looked_at_yet_says_why(browser: Browser, hand: Hand, state: str) -> None:
    """And has no button that would not work."""
    maria = hand.person()
    study = hand.study(hand.record(maria), released=False, available=state == "held")
    client = browser(hand.session(maria))
    page = client.get(f"/scans/{hand.site}/{study}").text
    why = "has not released" if state == "held" else "is still sending"
    assert why in page
    assert "/look" not in page.replace("/looked", "")
    assert client.post(f"/scans/{hand.site}/{study}/look").status_code == 404


def test_looking_leads_to_the_viewers_own_origin(
    browser: Browser, hand: Hand, edges: Edges
) -> None:
    """By an address of which only a hash is kept."""
    maria = hand.person()
    study = hand.study(hand.record(maria))
    answer = browser(hand.session(maria)).post(f"/scans/{hand.site}/{study}/look")
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert address.startswith(edges.settings.viewer_url + "/v/")
    token = address.removeprefix(edges.settings.viewer_url + "/v/").split("/")[0]
    assert token not in str(hand.all("SELECT * FROM access.viewing"))


def test_who_looked_names_the_helper(browser: Browser, hand: Hand) -> None:
    """As the patient calls them; others who tried are counted."""
    maria, lucia = hand.person(), hand.person()
    hand.help(maria, lucia, "Lucía")
    study = hand.study(hand.record(maria))
    browser(hand.session(lucia)).post(f"/scans/{hand.site}/{study}/look")
    browser(hand.session(hand.person())).post(f"/scans/{hand.site}/{study}/look")
    page = browser(hand.session(maria)).get("/looked").text
    assert ": Lucía. Nobody else." in page
    assert "1 try by somebody else was refused." in page
    assert "Helps the patient, who asked for it" in page


def test_a_helper_sees_no_log_of_the_patient(browser: Browser, hand: Hand) -> None:
    """Who looked is the patient's to know."""
    maria, lucia = hand.person(), hand.person()
    hand.help(maria, lucia)
    study = hand.study(hand.record(maria))
    browser(hand.session(maria)).post(f"/scans/{hand.site}/{study}/look")
    assert "Nobody has looked" in browser(hand.session(lucia)).get("/looked").text


def test_who_is_not_signed_in_is_asked_to(browser: Browser, hand: Hand) -> None:
    """Whether the study is there or not: a session that has ended may be begun again."""
    study = hand.study(hand.record(hand.person()))
    client = browser(None)
    for path in ("/scans", "/looked", f"/scans/{hand.site}/{study}", f"/scans/{hand.site}/1.2"):
        assert client.get(path).headers["location"] == "/signin"
    assert client.post(f"/scans/{hand.site}/{study}/look").headers["location"] == "/signin"


@pytest.mark.parametrize(
    "path",
    [
        "/scans/{site}/1.2.3",
        "/scans/{site}/not-a-uid",
        "/scans/nowhere/{study}",
        "/scans/{site}/{foreign}",
    ],
)
def test_foreign_unknown_and_malformed_answer_alike(
    browser: Browser, hand: Hand, path: str
) -> None:
    """To whoever may not see it, it does not exist."""
    maria = hand.person()
    mine = hand.study(hand.record(maria))
    foreign = hand.study(hand.record(hand.person()))
    asked = path.format(site=hand.site, study=mine, foreign=foreign)
    answer = browser(hand.session(maria)).get(asked)
    assert answer.status_code == 404
    assert "This page is not here" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_forms_are_taken(
    browser: Browser, hand: Hand, headers: dict[str, str], status: int
) -> None:
    """Another site's form does nothing, also with the person's cookie."""
    maria = hand.person()
    study = hand.study(hand.record(maria))
    client = browser(hand.session(maria))
    answer = client.post(f"/scans/{hand.site}/{study}/look", headers=headers)
    assert answer.status_code == status


def test_every_answer_has_its_headers(browser: Browser) -> None:
    """Also an error's."""
    for path in ("/nothing", "/static/style.css"):
        told = browser(None).get(path).headers
        assert told["x-content-type-options"] == "nosniff"
        assert told["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in told["content-security-policy"]
    assert browser(None).get("/nothing").headers["cache-control"] == "no-store"


def test_every_entry_is_told_in_the_hospitals_time(browser: Browser, hand: Hand) -> None:
    """Also one that names no scan: else what came later would seem to have come first."""
    maria = hand.person()
    record = hand.record(maria)
    hand.all("UPDATE sites.site SET timezone = 'Asia/Tokyo' WHERE site = %s RETURNING 1", hand.site)
    entry = "access.append(%s, 'patient', %s, NULL, 'share-revoked', 'own', NULL, NULL, 0)"
    (row,) = hand.all(f"SELECT at AT TIME ZONE 'Asia/Tokyo' AS at FROM {entry}", record, maria)  # noqa: S608  constants
    page = browser(hand.session(maria)).get("/looked").text
    assert f"{row['at']:%-I:%M:%S}" in page
