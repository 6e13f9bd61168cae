"""portal.sharing.addresses: a viewer of the patient's own reads as they do, until they end it."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.edges import Edges
from services.portal.signin import recovering
from shared.access import codes
from tests.integration.portal.sharing.conftest import Maria

WEASIS = "Weasis at home"


def made(page: TestClient, **form: str) -> str:
    """Make an address on the page; return its secret."""
    told = {"grant": str(uuid4()), "called": WEASIS} | form
    answer = page.post("/viewers", data=told)
    assert answer.status_code == 200, answer.text
    (secret,) = set(re.findall(r'value="[^"]+/v/([\w-]+)/dicomweb/me"', answer.text))
    return str(secret)


@pytest.fixture
def page(maria: Maria, browser: Callable[[str | None], TestClient]) -> TestClient:
    """Return her browser."""
    return browser(maria.hand.session(maria.person))


@pytest.fixture
def program(edges: Edges) -> Callable[[str], TestClient]:
    """Return her program, which knows nothing but a secret."""

    def run(secret: str) -> TestClient:
        client = TestClient(app.pages(edges), base_url=edges.settings.portal_url)
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    return run


def test_it_is_shown_once_and_reads_what_she_sees(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient], edges: Edges
) -> None:
    """In the path or in a header; only a hash is kept, and a form sent again makes nothing."""
    form = {"grant": str(uuid4())}
    secret = made(page, **form)
    again = page.post("/viewers", data=form | {"called": WEASIS}, follow_redirects=False)
    held = maria.hand.study(maria.record, released=False)
    studies = f"/dicomweb/{maria.hand.site}/studies"

    assert again.headers["location"] == "/viewers"
    assert secret not in page.get("/viewers").text
    rows = maria.hand.all("SELECT secret_hash FROM access.address WHERE patient = %s", maria.person)
    assert [bytes(row["secret_hash"]) for row in rows] == [codes.hashed(secret)]
    by_header = program(secret).get(studies)
    viewer = TestClient(app.viewer(edges), base_url=edges.settings.viewer_url)
    by_path = viewer.get(f"/v/{secret}{studies}")
    for answer in (by_header, by_path):
        assert answer.status_code == 200
        assert [each["0020000D"]["Value"] for each in answer.json()] == [[maria.study]]
        assert held not in answer.text
    basic = TestClient(app.pages(edges), base_url=edges.settings.portal_url)
    assert basic.get(studies, auth=("maria", secret)).status_code == 200


def test_it_opens_no_page(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient], edges: Edges
) -> None:
    """Not as a cookie, not in a header, not on the viewer's origin."""
    secret = made(page)
    assert program(secret).get("/scans", follow_redirects=False).status_code == 303
    viewer = TestClient(app.viewer(edges), base_url=edges.settings.viewer_url)
    study = f"/{maria.hand.site}/{maria.study}"
    for path in ("", study, f"{study}/viewer"):
        assert viewer.get(f"/v/{secret}{path}").status_code == 404


def test_the_log_calls_it_by_its_name(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient]
) -> None:
    """A kind of its own, told as what it is."""
    secret = made(page)
    program(secret).get(f"/dicomweb/me/studies/{maria.study}/series")
    looked = page.get("/looked").text

    assert ("app", "look-opened", "own-address") in maria.hand.log(maria.record)
    assert ("patient", "address-granted", "own") in maria.hand.log(maria.record)
    assert f"{WEASIS} (by your own address)" in looked
    assert "Made an address for a viewer of their own" in looked
    assert WEASIS in page.get("/shared").text
    assert WEASIS not in page.get("/consents").text


def test_it_ends_when_she_says_so(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient]
) -> None:
    """From the commit on; what is told of it is a consent in opaque ids, without its name."""
    secret = made(page)
    asked = program(secret)
    (grant,) = re.findall(r"/shared/([0-9a-f-]+)/end", page.get("/viewers").text)
    assert asked.get("/dicomweb/me/studies").status_code == 200
    page.post(f"/shared/{grant}/end")

    assert asked.get("/dicomweb/me/studies").status_code == 404
    assert asked.get(f"/dicomweb/me/studies/{maria.study}/series").status_code == 404
    assert grant not in page.get("/viewers").text
    assert WEASIS in page.get(f"/shared/{grant}").text
    assert maria.told() == ["consent.granted.v1", "consent.withdrawn.v1"]
    bodies = maria.hand.all(
        "SELECT body::text FROM access.outbox WHERE body->>'person' = %s", str(maria.person)
    )
    assert not any("Weasis" in row["body"] or secret in row["body"] for row in bodies)


def test_it_ends_at_its_date(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient]
) -> None:
    """By the database's clock."""
    secret = made(page, days="7")
    assert program(secret).get("/dicomweb/me/studies").status_code == 200
    maria.hand.owner.execute(
        "UPDATE access.grants SET ends_at = clock_timestamp() - %s::interval WHERE person = %s",
        (timedelta(seconds=1), maria.person),
    )
    assert program(secret).get("/dicomweb/me/studies").status_code == 404


def test_a_recovery_ends_it(
    maria: Maria, page: TestClient, program: Callable[[str], TestClient], edges: Edges
) -> None:
    """Whoever had the account before may have made it; its page says that it works no more."""
    secret = made(page)
    with edges.database.transaction() as connection:
        told = {"record": maria.record, "site": maria.hand.site, "vouched_by": None}
        started = recovering.recover(connection, told, maria.person, "Firefox", 1.0)
    page.cookies.set(next(iter(page.cookies)), started.secret)

    assert program(secret).get("/dicomweb/me/studies").status_code == 404
    assert "does not work any more" in page.get("/viewers").text


@pytest.mark.parametrize("called", ["", " ", "a\u202eb", "a" * 81])
def test_a_name_is_needed(page: TestClient, called: str) -> None:
    """One that can be read."""
    answer = page.post("/viewers", data={"grant": str(uuid4()), "called": called})
    assert answer.status_code in {400, 422}


def test_somebody_without_scans_has_nothing_to_read(
    maria: Maria, browser: Callable[[str | None], TestClient]
) -> None:
    """Nothing is made then."""
    other = maria.hand.person("Otto")
    page = browser(maria.hand.session(other))
    answer = page.post("/viewers", data={"grant": str(uuid4()), "called": WEASIS})
    assert answer.status_code == 303
    assert not maria.hand.all("SELECT FROM access.grants WHERE person = %s", other)
