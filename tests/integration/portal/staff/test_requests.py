"""Requests: staff ask, and learn nothing by it; a patient approves, narrower, or declines."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.credential import cookie_name
from tests.integration.portal.staff.conftest import BORN, Ward

WORDS = "The knee, to plan an operation"


@dataclass
class Asked:
    """A patient who can be reached, and what staff ask of her."""

    ward: Ward
    person: UUID
    record: UUID
    studies: tuple[str, str]
    address: str
    hers: TestClient

    def ask(self, staff: TestClient, **said: str) -> TestClient:
        """Send the form."""
        told = {"asked": str(uuid4()), "patient": self.address, **BORN, "days": "30"}
        answer = staff.post("/staff/requests", data=told | {"words": WORDS} | said)
        assert answer.status_code == 303, answer.text
        return staff

    def request(self) -> str:
        """Return the path of what she is asked for last."""
        page = self.hers.get("/requests").text
        return str(re.findall(r'href="(/requests/[0-9a-f-]{36})"', page)[0])

    def told(self) -> list[str]:
        """Return the events of her requests and grants, in their order."""
        query = "SELECT type FROM access.outbox WHERE body->>'person' = %s ORDER BY id"
        types = [row["type"] for row in self.ward.hand.all(query, str(self.person))]
        return [each for each in types if each.startswith(("access.", "consent.", "share."))]

    def notices(self) -> list[tuple[str, str]]:
        """Return who is told what."""
        query = "SELECT kind, address FROM access.notice WHERE person = %s ORDER BY noted_at"
        return [(row["kind"], row["address"]) for row in self.ward.hand.all(query, self.person)]


@pytest.fixture
def asked(ward: Ward) -> Asked:
    person, record, study = ward.patient()
    address = f"{uuid4().hex}@patients.example"
    ward.hand.all(
        "INSERT INTO access.contact VALUES (%s, 'email', %s) RETURNING 1", person, address
    )
    hers = ward.browser()
    hers.cookies.set(cookie_name(ward.edges.settings), ward.hand.session(person))
    studies = (study, ward.hand.study(record))
    return Asked(ward, person, record, studies, address, hers)


def test_a_patient_approves_a_part_of_what_is_asked(asked: Asked) -> None:
    """One scan of two, to look only, for a week; and both are told."""
    ward, screen = asked.ward, asked.ward.browser(app.viewer)
    staff = asked.ask(ward.staff(), actions="keep", future="yes", tell="ada@ward.example")
    assert asked.notices() == [("requested", asked.address)]
    request = asked.request()
    assert WORDS in asked.hers.get(request).text
    assert "1 request waits" in asked.hers.get("/shared").text
    said = {"which": "named", "study": f"{ward.hand.site}|{asked.studies[1]}", "days": "7"}
    shared = asked.hers.post(f"{request}/approve", data=said).headers["location"]
    assert "Dr. Ada Okafor" in asked.hers.get(shared).text
    assert asked.notices()[1:] == [("decided", "ada@ward.example")]
    assert "The patient has approved it" in staff.get("/staff/requests").text
    assert "Given to you" in staff.get("/staff").text
    view = ward.opened(staff, UUID(shared.rpartition("/")[2]))
    site = ward.hand.site
    assert screen.get(f"{view}/{site}/{asked.studies[1]}").status_code == 200
    assert screen.get(f"{view}/{site}/{asked.studies[0]}").status_code == 404
    assert "For your own viewer" not in screen.get(view).text  # looking only
    grant = ward.hand.one(
        "SELECT keep, everything, grantee_kind, ends_at - starts_at < interval '8 days' AS week"
        " FROM access.grants WHERE person = %s",
        asked.person,
    )
    assert grant == {"keep": False, "everything": False, "grantee_kind": "person", "week": True}
    assert asked.told()[:3] == ["access.requested.v1", "consent.granted.v1", "access.approved.v1"]
    colleague = ward.staff()
    assert colleague.post(f"/staff/open/{grant_of(shared)}").status_code == 404


def grant_of(path: str) -> str:
    """Return the grant in the path of its page."""
    return path.rpartition("/")[2]


def test_what_is_given_is_never_more_than_was_asked(asked: Asked) -> None:
    """Whatever a form says: a year, keeping, and what is still to come."""
    asked.ask(asked.ward.staff(), days="7", site=asked.ward.hand.site)
    said = {"which": "everything", "keep": "yes", "future": "yes", "days": "365"}
    asked.hers.post(f"{asked.request()}/approve", data=said)
    grant = asked.ward.hand.one(
        "SELECT keep, grantee, arrived_before IS NOT NULL AS past,"
        " ends_at - starts_at < interval '8 days' AS week FROM access.grants WHERE person = %s",
        asked.person,
    )
    site = asked.ward.hand.site
    assert grant == {"keep": False, "grantee": site, "past": True, "week": True}


def test_a_patient_declines_and_who_asked_is_told(asked: Asked) -> None:
    """Nothing is given; an answer that comes again changes nothing."""
    staff = asked.ask(asked.ward.staff())
    request = asked.request()
    for _ in range(2):
        assert asked.hers.post(f"{request}/decline").headers["location"] == "/requests"
    said = {"which": "everything", "days": "7"}
    assert asked.hers.post(f"{request}/approve", data=said).headers["location"] == request
    assert "The patient has declined" in staff.get("/staff/requests").text
    assert asked.told() == ["access.requested.v1", "access.declined.v1"]
    log = [what for _, what, _ in asked.ward.hand.log(asked.record)]
    assert log == ["access-requested", "access-declined"]


@pytest.mark.parametrize(
    "said",
    [{"patient": "nobody@patients.example"}, {"year": "1969"}, {}],
    ids=["no such patient", "another birth date", "no scans"],
)
def test_who_asks_learns_nothing(asked: Asked, said: dict[str, str]) -> None:
    """Their page is byte for byte the same, whether there is such a patient and scans or not."""
    ward = asked.ward
    if not said:
        ward.hand.all("UPDATE catalogue.study SET state = 'arriving' RETURNING 1")
    pages = []
    for more in ({}, said):
        page = asked.ask(ward.staff(), **more).get("/staff/requests").text
        pages.append(re.sub(r'name="asked" value="[^"]+"', "", page))
    assert pages[0] == pages[1]
    assert len(asked.notices()) == (1 if said else 2)


def test_a_form_that_is_sent_twice_asks_once_and_nobody_is_pestered(asked: Asked) -> None:
    """Five of one who asks may wait; more are as if nobody were there."""
    staff, same = asked.ward.staff(), str(uuid4())
    for _ in range(2):
        asked.ask(staff, asked=same)
    assert len(asked.notices()) == 1
    for _ in range(6):
        asked.ask(staff)
    assert len(asked.notices()) == 5


def test_another_persons_request_is_not_there(asked: Asked) -> None:
    """Neither to be read, nor approved, nor declined."""
    asked.ask(asked.ward.staff())
    request, eve = asked.request(), asked.ward.browser()
    eve.cookies.set(
        cookie_name(asked.ward.edges.settings), asked.ward.hand.session(asked.ward.hand.person())
    )
    assert eve.get(request).status_code == 404
    for what in ("approve", "decline"):
        assert eve.post(f"{request}/{what}", data={"which": "everything"}).status_code == 404
    assert asked.told() == ["access.requested.v1"]


def test_only_ones_own_scans_are_given(asked: Asked) -> None:
    """Of another patient nothing is, nor nothing at all; and the request still waits."""
    asked.ask(asked.ward.staff())
    request = asked.request()
    _, _, foreign = asked.ward.patient()
    for study in (f"{asked.ward.hand.site}|{foreign}", "|", "x\0|y"):
        said = {"which": "named", "study": study, "days": "7"}
        answer = asked.hers.post(f"{request}/approve", data=said)
        assert answer.status_code == 422
        assert "only your own" in answer.text
    assert asked.told() == ["access.requested.v1"]


def test_a_hospital_has_one_consent(asked: Asked) -> None:
    """Which is to end before another takes its place."""
    asked.ward.consent(asked.person)
    asked.ask(asked.ward.staff(), site=asked.ward.hand.site)
    answer = asked.hers.post(f"{asked.request()}/approve", data={"which": "everything"})
    assert answer.status_code == 409
    assert "may look already" in answer.text


@pytest.mark.parametrize("rights", ["see", "share", "everything"])
def test_a_helper_answers_what_they_may_give(asked: Asked, rights: str) -> None:
    """A consent is given by who was given everything; to all others the request is not there."""
    hand = asked.ward.hand
    lucia = hand.person("Lucía")
    hand.help(asked.person, lucia)
    hand.all("UPDATE access.helper SET rights = %s WHERE person = %s RETURNING 1", rights, lucia)
    asked.ask(asked.ward.staff())
    request, hers = asked.request(), asked.ward.browser()
    hers.cookies.set(cookie_name(asked.ward.edges.settings), hand.session(lucia))
    said = {"which": "everything", "days": "7"}
    may = rights == "everything"
    assert hers.get(request).status_code == (200 if may else 404)
    assert hers.post(f"{request}/approve", data=said).status_code == (303 if may else 404)
    assert ("access.approved.v1" in asked.told()) is may
