"""portal.sharing.routes: María shares, a doctor looks, she sees it and takes it back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from services.portal import app
from services.portal.sharing import grants
from shared.access import codes
from tests.integration.portal.sharing.conftest import Maria

Browser: TypeAlias = Callable[[str | None], TestClient]
BORN = {"day": "12", "month": "3", "year": "1968"}
OKAFOR = {"name": "Dr. Okafor", "role": "doctor"}


@pytest.fixture
def screen(maria: Maria) -> Iterator[TestClient]:
    """Return a browser at the viewer's origin, which knows no cookie."""
    made = app.viewer(maria.edges)
    url = maria.edges.settings.viewer_url
    with TestClient(made, base_url=url, follow_redirects=False) as client:
        yield client


@dataclass(frozen=True)
class Hers:
    """María's own browser."""

    client: TestClient
    maria: Maria

    def share(self, **said: str) -> Response:
        """Send the form."""
        place = f"/scans/{self.maria.hand.site}/{self.maria.study}/share"
        return self.client.post(place, data={"grant": str(uuid4()), "named": "yes"} | said)

    def link(self, **said: str) -> str:
        """Share, and return the link that is shown."""
        return found(r'value="(http[^"]+/s#[\w-]{43})"', self.share(**said).text)

    def shares(self) -> list[str]:
        """Return the paths of all that is listed as shared."""
        return re.findall(r'href="(/shared/[0-9a-f-]{36})"', self.client.get("/shared").text)


@pytest.fixture
def hers(maria: Maria, browser: Browser) -> Hers:
    return Hers(browser(maria.hand.session(maria.person)), maria)


def found(pattern: str, text: str) -> str:
    """Return what the group of `pattern` holds."""
    match = re.search(pattern, text)
    assert match, text
    return match.group(1)


def code(hers: Hers) -> str:
    """Return a visit code for what was shared."""
    page = hers.client.post(hers.shares()[0] + "/code").text
    return found(r"([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z])", page)


def path(answer: Response) -> str:
    """Return where a redirect to the viewer's origin leads, without the origin."""
    assert answer.status_code == 303
    return "/v/" + answer.headers["location"].partition("/v/")[2]


@pytest.mark.parametrize("how", ["link", "code"])
def test_from_sharing_to_looking_to_taking_back(
    hers: Hers, browser: Browser, screen: TestClient, how: str
) -> None:
    """Without a script, an account or a camera; and the next request is refused."""
    link = hers.link(what_for="opinion")
    said = link if how == "link" else code(hers)
    doctor = browser(None)
    assert doctor.get("/s").status_code == 200
    landing = doctor.post("/s", data={"said": said})
    assert "Maria shares images with you" in landing.text
    assert "second opinion" in landing.text
    place = path(doctor.post("/s/open", data={"said": said, **BORN, **OKAFOR}))
    assert "MRI of the head" in screen.get(place).text
    study = f"{place}/{hers.maria.hand.site}/{hers.maria.study}"
    assert screen.get(study).status_code == 200
    assert f'data-here="{place}/here"' in screen.get(study).text
    assert screen.get(f"{place}/here").status_code == 204
    assert f'href="{place}"' in screen.get(study).text
    (shared,) = hers.shares()
    assert "Dr. Okafor" in hers.client.get("/shared").text
    looked = hers.client.get("/looked").text
    assert "Dr. Okafor (Doctor)" in looked
    assert "for treatment or a second opinion" in looked
    assert f'href="{shared}"' in looked
    assert hers.client.post(shared + "/end").headers["location"] == shared
    for address in (place, study, f"{place}/here"):
        assert screen.get(address).status_code == 404
    receipt = hers.client.get(shared).text
    assert "You took it back" in receipt
    assert "First refused" in receipt
    assert hers.maria.told() == ["share.created.v1", "share.opened.v1", "share.revoked.v1"]


def ended(hers: Hers) -> str:
    """Return a link that was taken back."""
    link = hers.link()
    hers.client.post(hers.shares()[0] + "/end")
    return link


def expired(hers: Hers) -> str:
    """Return a link whose time is over."""
    link = hers.link()
    hers.maria.hand.all("UPDATE access.grants SET ends_at = now() RETURNING 1")
    return link


def used_up(hers: Hers) -> str:
    """Return a link that was for one viewing, and was opened."""
    link = hers.link(once="yes")
    hers.client.post("/s/open", data={"said": link, **BORN, **OKAFOR})
    return link


def locked(hers: Hers) -> str:
    """Return a link at which five wrong birth dates were tried."""
    link = hers.link()
    wrong = BORN | {"year": "1970"}
    for _ in range(5):
        hers.client.post("/s/open", data={"said": link, **wrong, **OKAFOR})
    return link


def guessed(hers: Hers) -> str:
    """Return a link that was never made."""
    return hers.link()[:-20] + "A" * 20


@pytest.mark.parametrize("how", [ended, expired, used_up, locked, guessed])
def test_whatever_is_wrong_with_a_link_it_answers_alike(
    hers: Hers, browser: Browser, how: Callable[[Hers], str]
) -> None:
    """Before and after the second factor, whether it was right or wrong: byte for byte."""
    link, doctor = how(hers), browser(None)
    never = doctor.post("/s", data={"said": "x" * 43})
    for year in ("1968", "1970"):
        said = {"said": link, **BORN, "year": year, **OKAFOR}
        for answer in (doctor.post("/s", data=said), doctor.post("/s/open", data=said)):
            assert answer.status_code == never.status_code == 404
            assert answer.text.replace("/s/open", "/s") == never.text


def test_scanners_use_up_nothing_and_notify_nobody(hers: Hers, browser: Browser) -> None:
    """HEAD, GET, and forms that are sent without the second factor."""
    link = hers.link(once="yes")
    before = hers.maria.hand.log(hers.maria.record)
    scanner = browser(None)
    for _ in range(3):
        scanner.head("/s")
        scanner.get(link.partition("#")[0])
        scanner.get("/s/open")
        scanner.post("/s", data={"said": link})
        scanner.post("/s/open", data={"said": link})
        scanner.post("/s/open", data={"said": link, **OKAFOR})
    row = hers.maria.hand.one(
        "SELECT uses, tries FROM access.grants WHERE person = %s", hers.maria.person
    )
    assert row == {"uses": 0, "tries": 0}
    assert hers.maria.hand.log(hers.maria.record) == before
    assert hers.maria.told() == ["share.created.v1"]
    assert path(scanner.post("/s/open", data={"said": link, **BORN, **OKAFOR}))


def test_short_codes_are_tried_rarely(hers: Hers, browser: Browser) -> None:
    """Twenty at once of one client, at either page; links are not counted."""
    link, guesser = hers.link(), browser(None)
    answers = [
        guesser.post(where, data={"said": codes.invitation(), **BORN, **OKAFOR}).status_code
        for where in ("/s", "/s/open") * 11
    ]
    assert answers[:20] == [404] * 20
    assert answers[-1] == 429
    assert guesser.post("/s", data={"said": link}).status_code == 200


def test_a_form_that_is_sent_twice_shares_once(hers: Hers) -> None:
    """The second answer leads to what was shared."""
    grant = str(uuid4())
    assert hers.share(grant=grant).status_code == 200
    assert hers.share(grant=grant).headers["location"] == f"/shared/{grant}"
    assert hers.maria.told() == ["share.created.v1"]


def test_another_persons_grant_is_not_there(hers: Hers, browser: Browser) -> None:
    """Not to be seen, not to be ended, no code of it, no link."""
    hers.link()
    (shared,) = hers.shares()
    eve = browser(hers.maria.hand.session(hers.maria.hand.person("Eve")))
    assert eve.get(shared).status_code == 404
    for what in ("/end", "/code", "/link"):
        assert eve.post(shared + what).status_code == 404
    assert eve.post(shared.replace("shared", "consents") + "/narrow").status_code == 404
    assert shared not in eve.get("/shared").text
    assert hers.maria.told() == ["share.created.v1"]


def test_what_can_be_no_address_is_not_there(hers: Hers, screen: TestClient) -> None:
    """A NUL, which PostgreSQL's text cannot hold."""
    assert screen.get("/v/x/north/%00").status_code == 404
    assert screen.get("/v/%00").status_code == 404
    for path in ("/scans/north/%00", "/scans/%00/1.2", "/scans/north/%00/share"):
        assert hers.client.get(path).status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(browser: Browser) -> None:
    """At every page of what is given."""
    nobody = browser(None)
    for page in ("/shared", "/consents", f"/shared/{uuid4()}"):
        assert nobody.get(page).headers["location"] == "/signin"
    assert nobody.post(f"/shared/{uuid4()}/end").headers["location"] == "/signin"


@pytest.mark.parametrize("rights", ["see", "share"])
def test_a_helper_shares_where_they_may(hers: Hers, browser: Browser, rights: str) -> None:
    """Who may only see is refused as if the page were not there."""
    hand = hers.maria.hand
    lucia = hand.person("Lucía")
    hand.help(hers.maria.person, lucia)
    hand.all("UPDATE access.helper SET rights = %s WHERE person = %s RETURNING 1", rights, lucia)
    theirs = Hers(browser(hand.session(lucia)), hers.maria)
    assert theirs.share().status_code == (200 if rights == "share" else 404)
    assert len(theirs.shares()) == (1 if rights == "share" else 0)
    assert bool(hers.shares()) is (rights == "share")


def test_earlier_scans_of_the_same_part_go_along(
    hers: Hers, browser: Browser, screen: TestClient
) -> None:
    """Where she leaves the tick: of her own, released, of that part, and no others."""
    hand, record = hers.maria.hand, hers.maria.record
    prior, held = hand.study(record), hand.study(record, released=False)
    knee = hand.study(record)
    hand.all(
        "UPDATE catalogue.series SET body_part = 'KNEE' WHERE study_uid = %s RETURNING 1", knee
    )
    form = hers.client.get(f"/scans/{hand.site}/{hers.maria.study}/share").text
    assert "Also the earlier scan of the same part of the body" in form
    for tick, count in (({"earlier": "yes"}, 2), ({}, 1)):
        link = hers.link(**tick)
        place = path(browser(None).post("/s/open", data={"said": link, **BORN, **OKAFOR}))
        page = screen.get(place).text
        assert (hers.maria.study in page, prior in page) == (True, count == 2)
        assert held not in page
        assert knee not in page


def test_who_may_keep_has_an_address_of_their_own(
    hers: Hers, browser: Browser, screen: TestClient
) -> None:
    """It lists what is shared, works beside the page, and ends with the share."""
    link = hers.link(what_for="hospital")
    place = path(browser(None).post("/s/open", data={"said": link, **BORN, **OKAFOR}))
    client = found(r'value="http[^"]+(/v/[0-9a-f]{64}/dicomweb/me)"', screen.get(place).text)
    studies = screen.get(client + "/studies").json()
    assert [each["0020000D"]["Value"] for each in studies] == [[hers.maria.study]]
    assert screen.get(client.partition("/dicomweb")[0]).status_code == 404
    hers.client.post(hers.shares()[0] + "/end")
    assert screen.get(client + "/studies").status_code == 404


def test_consents_are_given_narrowed_and_ended_on_one_page(hers: Hers) -> None:
    """Each as a message."""
    site, client = hers.maria.hand.site, hers.client
    said = {"site": site, "actions": "keep", "future": "yes"}
    assert client.post("/consents", data=said).status_code == 303
    assert client.post("/consents", data=said).status_code == 409
    assert client.post("/consents", data={"site": "nowhere"}).status_code == 409
    narrow = found(r'action="(/consents/[0-9a-f-]{36}/narrow)"', client.get("/consents").text)
    client.post(narrow, data={"future": "yes"})
    client.post(narrow, data={"keep": "yes", "future": "yes"})  # never wider
    client.post(narrow.replace("consents", "shared").replace("narrow", "end"))
    assert "North Hospital</h2>" not in client.get("/consents").text
    types = ["consent.granted.v1", "consent.amended.v1", "consent.withdrawn.v1"]
    assert hers.maria.told() == types


def test_what_is_over_says_so_on_the_page(hers: Hers) -> None:
    """The receipt names when, and there is no button any more."""
    expired(hers)
    while grants.ended(hers.maria.edges.database, hers.maria.known):
        pass
    (shared,) = hers.shares()
    page = hers.client.get(shared).text
    assert "Its time is over" in page
    assert shared + "/end" not in page


def test_a_letter_that_could_not_be_delivered_is_shown(hers: Hers) -> None:
    """On the list and on the share's own page, while it stands."""
    hers.share(address="nobody@example.org")
    (shared,) = hers.shares()
    assert "could not be delivered" not in hers.client.get("/shared").text
    hers.maria.hand.all(
        "INSERT INTO notify.prompt (prompt, kind, channel, state) SELECT link, 'share', channel,"
        " 'failed' FROM access.link JOIN access.grants USING (grant_id)"
        " WHERE person = %s AND channel IS NOT NULL RETURNING 1",
        hers.maria.person,
    )
    for page in ("/shared", shared):
        assert "could not be delivered" in hers.client.get(page).text
    hers.client.post(shared + "/end")
    assert "could not be delivered" not in hers.client.get(shared).text
