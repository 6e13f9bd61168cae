"""portal.staff: staff sign in by groups, find who lets them look, read within it, and are seen."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.credential import cookie_name
from services.portal.signin.identity import bindings
from shared.access import codes
from tests.integration.portal.conftest import Hand
from tests.integration.portal.staff.conftest import BORN, Ward


def found(browser: TestClient, name: str = "Maria", **born: str) -> str:
    """Return the page after somebody was looked for."""
    return browser.post("/staff/find", data={"name": name, **BORN, **born}).text


def notices(hand: Hand, person: UUID) -> list[str]:
    """Return what a patient is told."""
    query = "SELECT kind FROM access.notice WHERE person = %s ORDER BY noted_at"
    return [row["kind"] for row in hand.all(query, person)]


def test_nothing_is_there_unless_it_is_configured(hand: Hand, edges: Any) -> None:  # noqa: ANN401  Edges
    """No page, and nothing behind it."""
    with TestClient(app.pages(edges), base_url=edges.settings.portal_url) as browser:
        for path in ("/staff", "/staff/back?state=x&code=y"):
            assert browser.get(path).status_code == 404
        for path in ("/staff/signin", "/staff/signout", "/staff/find", f"/staff/open/{uuid4()}"):
            assert browser.post(path).status_code == 404
        assert "/staff" not in browser.get("/signin").text
    assert hand.site


def test_staff_read_what_a_patient_lets_their_hospital_look_at(ward: Ward) -> None:
    """From the consent on, until it is taken back; each step stands in the patient's log."""
    person, record, study = ward.patient()
    ward.hand.all("INSERT INTO access.contact VALUES (%s, 'email', 'm@x.org') RETURNING 1", person)
    staff, screen = ward.staff(), ward.browser(app.viewer)
    assert "Nobody of this name" in found(staff)
    grant = ward.consent(person)
    page = found(staff)
    assert f"/staff/open/{grant}" in page
    assert "Born March 12, 1968" in page
    view = ward.opened(staff, grant)
    assert "MRI of the head" in screen.get(view).text
    assert screen.get(f"{view}/{ward.hand.site}/{study}").status_code == 200
    assert screen.get(f"{view}/dicomweb/me/studies").status_code == 200
    log = ward.hand.log(record)
    assert ("organisation", "consent-list-opened", "granted") in log
    assert ("organisation", "consent-opened", "granted") in log
    assert ("organisation", "look-opened", "granted") in log
    assert notices(ward.hand, person) == ["staff-opened"]
    mine = ward.browser()
    mine.cookies.set(*cookie(ward, person))
    assert "Dr. Ada Okafor (signed in by their hospital)" in mine.get("/looked").text
    assert "Dr. Ada Okafor" in mine.get(f"/shared/{grant}").text
    ward.withdraw(person, grant)
    for path in (view, f"{view}/here", f"{view}/{ward.hand.site}/{study}"):
        assert screen.get(path).status_code == 404
    assert staff.post(f"/staff/open/{grant}").status_code == 404
    assert "Nobody of this name" in found(staff)
    assert ("organisation", "refused", "withdrawn") in ward.hand.log(record)


def cookie(ward: Ward, person: UUID) -> tuple[str, str]:
    """Return the cookie of a patient."""
    return cookie_name(ward.edges.settings), ward.hand.session(person)


def test_the_first_of_a_hospital_is_told_at_once(ward: Ward) -> None:
    """Neither their second visit nor a colleague's, but each visit is in the log."""
    person, record, _ = ward.patient()
    ward.hand.all("INSERT INTO access.contact VALUES (%s, 'email', 'm@x.org') RETURNING 1", person)
    grant = ward.consent(person)
    for subject in ("ada", "ada", "bo"):
        ward.opened(ward.staff(f"{subject}-{ward.hand.site}"), grant)
    assert notices(ward.hand, person) == ["staff-opened"]
    assert [what for _, what, _ in ward.hand.log(record)].count("consent-opened") == 3
    query = (
        "SELECT body FROM access.outbox WHERE type = 'consent.opened.v1' AND body->>'grant' = %s"
    )
    told = [row["body"] for row in ward.hand.all(query, str(grant))]
    assert len(told) == 3
    assert "Okafor" not in str(told)


@pytest.mark.parametrize("how", ["signs out", "time is over"])
def test_what_is_open_ends_with_the_session(ward: Ward, how: str) -> None:
    """The viewer's page, and the address for a viewer of one's own."""
    person, _, study = ward.patient()
    grant = ward.consent(person, keep=True)
    staff, screen = ward.staff(), ward.browser(app.viewer)
    view = ward.opened(staff, grant)
    page = screen.get(view).text
    client = page.partition("/v/")[2]
    own = page[page.index('value="http') :].partition("/v/")[2].partition('"')[0]
    assert client
    studies = f"/v/{own}/studies"
    assert screen.get(studies).status_code == 200
    if how == "signs out":
        assert staff.post("/staff/signout").headers["location"] == "/staff"
    else:
        ward.hand.all("UPDATE access.staff_session SET ends_at = now() RETURNING 1")
    for path in (view, f"{view}/{ward.hand.site}/{study}", studies):
        assert screen.get(path).status_code == 404
    assert staff.post(f"/staff/open/{grant}").status_code == 404
    assert found(staff) == ""
    assert "Sign in with Ward ID" in staff.get("/staff").text


def test_staff_of_another_hospital_find_and_open_nothing(ward: Ward) -> None:
    """Neither by the name nor by the grant's number, and a token of no group signs nobody in."""
    person, _, _ = ward.patient()
    grant = ward.consent(person)
    told = {"staff_groups": f"doctors=other;nurses={ward.hand.site}"}
    settings = ward.edges.settings.model_copy(update=told)
    object.__setattr__(ward.edges, "settings", settings)
    other = ward.staff()
    assert "Nobody of this name" in found(other)
    assert other.post(f"/staff/open/{grant}").status_code == 404
    ward.identities.claims = {"name": "Eve", "groups": ["visitors"]}
    browser = ward.browser()
    page = ward.returned(browser)
    assert page.status_code == 403
    assert "or a group that may look here" in page.text
    assert "Sign in with" in browser.get("/staff").text


@pytest.mark.parametrize(
    ("name", "born"), [("Otto", {}), ("Maria", {"year": "1969"}), ("M", {}), ("", {})]
)
def test_nobody_is_found_by_less_than_name_and_birth_date(
    ward: Ward, name: str, born: dict[str, str]
) -> None:
    """And who is not found is not told of, nor anybody in their log."""
    person, record, _ = ward.patient()
    ward.consent(person)
    assert "Nobody of this name" in found(ward.staff(), name, **born)
    assert ward.hand.log(record) == [("patient", "consent-granted", "own")]


def test_looking_for_people_at_random_is_slow(ward: Ward) -> None:
    """Sixty at once, then one a minute."""
    staff = ward.staff()
    said = {"name": "Xy", **BORN}
    answers = [staff.post("/staff/find", data=said).status_code for _ in range(62)]
    assert answers[:60] == [200] * 60
    assert answers[-1] == 429


def test_a_patients_token_signs_no_staff_in_and_the_other_way_round(ward: Ward) -> None:
    """A state is for one of the two doors, whichever provider answers."""
    browser = ward.browser()
    page = browser.post("/staff/signin").text
    state = page.partition("state=")[2].partition("&amp;")[0]
    assert state
    other = browser.get(f"/identity/back?state={state}&code=x")
    assert other.status_code == 404  # no provider of patients here
    query = "SELECT staff FROM access.identity_asked WHERE state_hash = %s"
    assert ward.hand.one(query, codes.hashed(state)) == {"staff": True}
    with ward.edges.database.transaction() as connection:
        asked = bindings.ask(connection, b"browser", None)
        assert bindings.back(connection, asked, [b"browser"], staff=True) is None
        assert bindings.back(connection, asked, [b"browser"]) is not None


def test_what_is_held_is_not_there_for_staff(ward: Ward) -> None:
    """Neither found nor listed, until it is released."""
    person = ward.hand.person()
    record = ward.hand.record(person)
    study = ward.hand.study(record, released=False)
    grant = ward.consent(person)
    staff, screen = ward.staff(), ward.browser(app.viewer)
    assert "Nobody of this name" in found(staff)
    view = ward.opened(staff, grant)
    assert "MRI" not in screen.get(view).text
    assert screen.get(f"{view}/{ward.hand.site}/{study}").status_code == 404
