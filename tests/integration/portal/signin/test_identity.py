"""Sign-in by a provider of identities, over HTTP: connected by its owner, never by an address."""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from httpx2 import Response, get
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.testclient import TestClient

from services.portal import app
from services.portal.signin.identity import Provider
from tests.fakes.provider import CLIENT, SECRET, Identities
from tests.integration.portal.signin.conftest import FIREFOX, Browser, Clinic, first

NAME = "Test ID"


@dataclass
class Door:
    """The pages with a provider configured, and who sits at its browser."""

    clinic: Clinic
    identities: Identities
    provider: Provider
    opened: list[TestClient] = field(default_factory=list)

    def browser(self) -> Browser:
        """Return a browser that was never here before."""
        edges = self.clinic.edges
        named = {"identity_issuer": self.identities.issuer, "identity_name": NAME}
        told = edges.settings.model_copy(update=named)
        pages = app.pages(replace(edges, settings=told, identity=self.provider))
        client = TestClient(pages, base_url=told.portal_url, headers={"user-agent": FIREFOX})
        self.opened.append(client)
        return Browser(client)

    def patient(self, number: str) -> tuple[UUID, Browser]:
        """Return a record, and the browser in which its patient has claimed it."""
        record, browser = self.clinic.patient(number), self.browser()
        browser.claim(self.clinic.invited(record))
        return record, browser

    def left(self, browser: Browser, path: str = "/identity") -> str:
        """Return where the page leads on which somebody says that they want to go there."""
        page = browser.post(path)
        assert page.status_code == 200
        return html.unescape(first(r'href="(http://127[^"]+)"', page.text))

    def answered(self, address: str) -> str:
        """Return where the provider sends a browser that came by `address`."""
        answer = get(address, follow_redirects=False)
        assert answer.status_code == 302
        return answer.headers["location"].removeprefix(self.clinic.edges.settings.portal_url)

    def walked(self, browser: Browser, path: str = "/identity") -> Response:
        """Go there and come back."""
        return browser.get(self.answered(self.left(browser, path)))

    def connected(self, number: str) -> tuple[UUID, Browser]:
        """Return a patient who has connected who sits at the provider's browser."""
        record, browser = self.patient(number)
        assert self.walked(browser, "/settings/identity").url.path == "/settings"
        return record, browser


@pytest.fixture
def door(clinic: Clinic) -> Iterator[Door]:
    back = f"{clinic.edges.settings.portal_url}/identity/back"
    with Identities(back) as identities:
        made = Door(clinic, identities, Provider(identities.issuer, CLIENT, SECRET, back))
        yield made
        for each in made.opened:
            each.close()


def refused(page: Response, browser: Browser) -> bool:
    """Say whether a plain sentence was shown, and nobody was signed in."""
    return page.status_code == 403 and 'role="alert"' in page.text and not browser.signed_in


def test_nothing_is_there_unless_it_is_configured(clinic: Clinic) -> None:
    """No button, and no page behind it."""
    browser = clinic.browser()
    assert "/identity" not in browser.get("/signin").text
    assert browser.post("/identity").status_code == 404
    assert browser.get("/identity/back?state=x&code=y").status_code == 404


def test_who_has_connected_it_signs_in_by_it_until_it_is_taken_out(door: Door, number: str) -> None:
    """In any browser; each step stands in the log, and of the provider's number only a hash."""
    record, browser = door.connected(number)
    assert NAME in browser.get("/settings").text
    other = door.browser()
    assert NAME in other.get("/signin").text
    assert door.walked(other).url.path == "/wish"  # which was never answered
    assert other.signed_in
    rows = door.clinic.rows(b"SELECT * FROM access.identity WHERE ended_at IS NULL")
    assert door.identities.subject not in str(rows)
    (identity,) = [row["identity"] for row in rows if row["issuer"] == door.identities.issuer]
    browser.post(f"/settings/identity/{identity}/end")
    third = door.browser()
    assert refused(door.walked(third), third)
    assert door.clinic.entries(record) == ["claimed", "identity-added", "identity-ended"]


def test_an_address_that_is_equal_binds_nobody(door: Door, number: str) -> None:
    """The provider says Maria's own address: she is unknown until she connects it herself."""
    door.clinic.browser().claim(door.clinic.invited(door.clinic.patient(number)))
    with door.clinic.owner.transaction() as connection:
        connection.execute(
            "INSERT INTO access.contact (person, channel, address)"
            " SELECT person, 'email', 'maria@example.org' FROM access.contact WHERE address = %s",
            (number,),
        )
    browser = door.browser()
    page = door.walked(browser)
    assert refused(page, browser)
    assert "/claim" in page.text


def test_one_identity_is_one_person(door: Door, number: str) -> None:
    """Who has connected it keeps it; the same person may connect it again."""
    record, browser = door.connected(number)
    _, otto = door.patient(f"{number}1")
    page = door.walked(otto, "/settings/identity")
    assert page.status_code == 403
    assert "otra persona" in page.text
    assert door.walked(browser, "/settings/identity").url.path == "/settings"
    assert door.clinic.entries(record) == ["claimed", "identity-added"]


def of_another_browser(door: Door, address: str, browser: Browser) -> Response:
    """Come back in a browser that never left, though it has asked for something itself."""
    door.left(browser)
    return browser.get(door.answered(address))


def test_a_way_back_is_walked_once_by_who_left(door: Door, number: str) -> None:
    """Not again, not in another browser, not later, and not with a state that nobody gave out."""
    door.connected(number)
    leaving, thief = door.browser(), door.browser()
    address = door.left(leaving)
    assert refused(of_another_browser(door, address, thief), thief)
    once = door.answered(address)
    leaving.get(once)
    assert leaving.signed_in
    leaving.post("/signout")
    assert refused(leaving.get(once), leaving)  # replayed
    late = door.answered(door.left(leaving))
    door.clinic.rows(b"UPDATE access.identity_asked SET expires_at = now() RETURNING 1")
    assert refused(leaving.get(late), leaving)
    assert refused(leaving.get("/identity/back?state=x&code=y"), leaving)
    before = door.identities.exchanged
    assert refused(leaving.get(once), leaving)
    assert door.identities.exchanged == before  # the provider is not even asked


def test_a_code_of_somebody_elses_errand_is_of_no_use(door: Door, number: str) -> None:
    """Injected into one's own way back: the provider sees another verifier."""
    door.connected(number)
    victim, thief = door.browser(), door.browser()
    stolen = dict(parse_qsl(urlsplit(door.answered(door.left(victim))).query))
    own = dict(parse_qsl(urlsplit(door.answered(door.left(thief))).query))
    page = thief.get(f"/identity/back?{urlencode(own | {'code': stolen['code']})}")
    assert refused(page, thief)


def test_who_left_to_connect_must_still_be_signed_in(door: Door, number: str) -> None:
    """As the same person; a stranger's errand connects nothing with whoever is lured into it."""
    _, otto = door.patient(number)
    record, maria = door.patient(f"{number}1")
    assert maria.get(door.answered(door.left(otto, "/settings/identity"))).status_code == 403
    back = door.answered(door.left(maria, "/settings/identity"))
    maria.post("/signout")
    assert refused(maria.get(back), maria)
    assert door.clinic.entries(record) == ["claimed"]
    assert door.browser().post("/settings/identity").url.path == "/signin"


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another request"},
        {"nonce": None},
        {"aud": "another client"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"iat": 1},
        {"sub": ""},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_errand_is_refused(
    door: Door, number: str, lie: dict[str, Any]
) -> None:
    """Although the provider has signed it; and the next true one is taken."""
    door.connected(number)
    browser = door.browser()
    door.identities.claims = lie
    assert refused(door.walked(browser), browser)
    door.identities.claims = {}
    door.walked(browser)
    assert browser.signed_in


def unsigned(_identities: Identities, claims: dict[str, Any]) -> str:
    """Return a token with the algorithm `none`."""
    return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x"), algorithms=["none"])


def by_secret(_identities: Identities, claims: dict[str, Any]) -> str:
    """Return a token that the client's own secret has signed."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])


def by_stranger(identities: Identities, claims: dict[str, Any]) -> str:
    """Return a token by another key of the same name."""
    key = RSAKey.generate_key(2048, {"kid": str(identities.key.kid)})
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key, algorithms=["RS256"])


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("sign", [unsigned, by_secret, by_stranger])
def test_a_token_that_is_not_signed_as_it_must_be_is_refused(
    door: Door, number: str, sign: Callable[[Identities, dict[str, Any]], str]
) -> None:
    """Neither not at all, nor by a secret, nor by a key of the same name."""
    door.connected(number)
    browser = door.browser()
    door.identities.sign = sign
    assert refused(door.walked(browser), browser)


def test_a_new_key_of_the_provider_is_learned(door: Door, number: str) -> None:
    """Its keys are read anew where a token names an unknown one, and the old one counts no more."""
    door.connected(number)
    old, door.identities.key = door.identities.key, ECKey.generate_key("P-256", auto_kid=True)
    browser = door.browser()
    door.walked(browser)
    assert browser.signed_in
    door.identities.sign = lambda _, claims: jwt.encode(
        {"alg": "RS256", "kid": old.kid}, claims, old, algorithms=["RS256"]
    )
    again = door.browser()
    assert refused(door.walked(again), again)


def test_an_answer_says_whose_it_is(door: Door, number: str) -> None:
    """Where the provider always does (RFC 9207), neither another's nor nobody's is taken."""
    door.connected(number)
    for issuer in ("https://another.example", ""):
        browser = door.browser()
        said = dict(parse_qsl(urlsplit(door.answered(door.left(browser))).query))
        page = browser.get(f"/identity/back?{urlencode(said | {'iss': issuer})}")
        assert refused(page, browser)


def test_a_no_of_the_provider_is_said_plainly(door: Door, number: str) -> None:
    """Somebody has turned round: nobody is signed in, and the errand is over."""
    door.connected(number)
    browser = door.browser()
    state = dict(parse_qsl(urlsplit(door.left(browser)).query))["state"]
    page = browser.get(f"/identity/back?{urlencode({'state': state, 'error': 'access_denied'})}")
    assert refused(page, browser)
    assert NAME in page.text


def test_nobody_is_sent_to_a_provider_that_does_not_answer(door: Door) -> None:
    """Nor to one that says it is another: the page says so, and messages still sign in."""
    door.identities.issuer, issuer = "https://another.example", door.identities.issuer
    browser = door.browser()
    assert browser.post("/identity").status_code == 503
    assert browser.get("/signin").status_code == 200
    door.identities.issuer = issuer
    assert door.left(browser)


def test_a_sheet_from_the_desk_ends_it(door: Door, number: str, desk: Callable[..., str]) -> None:
    """Whoever connected it while the account was not in its owner's hands is out."""
    record, _ = door.connected(number)
    door.clinic.browser().claim(desk(record, "--recover"))
    browser = door.browser()
    assert refused(door.walked(browser), browser)
