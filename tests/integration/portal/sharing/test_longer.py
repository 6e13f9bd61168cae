"""More time: a guest asks, the patient answers, and the same link goes on."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from starlette.testclient import TestClient

from services.portal import app
from services.portal.sharing.links import Opened
from tests.integration.portal.sharing.conftest import Maria

Browser: TypeAlias = Callable[[str | None], TestClient]


@pytest.fixture
def screen(maria: Maria) -> Iterator[TestClient]:
    made = app.viewer(maria.edges)
    url = maria.edges.settings.viewer_url
    with TestClient(made, base_url=url, follow_redirects=False) as client:
        yield client


def came(maria: Maria) -> str:
    """Return the path of a guest's page."""
    found = maria.open(maria.link(maria.share()))
    assert isinstance(found, Opened)

    return f"/v/{found.viewing}"


def left(maria: Maria) -> int:
    """Return how many days her share has left."""
    query = (
        "SELECT round(extract(epoch FROM ends_at - clock_timestamp()) / 86400)::int AS days"
        " FROM access.grants WHERE person = %s"
    )
    days: int = maria.hand.one(query, maria.person)["days"]
    return days


def test_a_guest_asks_and_is_given_more_time(
    maria: Maria, browser: Browser, screen: TestClient
) -> None:
    """By the same link; asked again the same day is nothing, and both see how it stands."""
    maria.reached("maria@patients.example")
    place = came(maria)
    page = screen.get(place)
    assert "form-action 'self'" in page.headers["content-security-policy"]
    for _ in range(2):
        answer = screen.post(f"{place}/longer", data={"days": "90", "words": "Still waiting"})
        assert answer.headers["location"] == place
    assert "has not answered yet" in screen.get(place).text
    assert [kind for kind, _ in maria.notices()].count("requested") == 1
    hers = browser(maria.hand.session(maria.person))
    query = "SELECT request FROM access.request WHERE person = %s"
    request = maria.hand.one(query, maria.person)["request"]
    page = hers.get(f"/requests/{request}")
    assert "Dr. Okafor" in page.text
    assert "Still waiting" in page.text
    answer = hers.post(f"/requests/{request}/approve", data={"days": "90"})
    assert answer.headers["location"].startswith("/shared/")
    assert left(maria) == 90
    assert "has given more time" in screen.get(place).text
    assert maria.ledger() == [(1, "share.created.v1"), (2, "share.amended.v1")]
    assert ("patient", "share-amended", "own") in maria.hand.log(maria.record)


def test_less_than_there_is_takes_nothing_away(maria: Maria, browser: Browser) -> None:
    """And what was taken back is not given again by an answer that comes later."""
    with TestClient(app.viewer(maria.edges), base_url=maria.edges.settings.viewer_url) as screen:
        place = came(maria)
        screen.post(f"{place}/longer", data={"days": "1"})
        row = maria.hand.one("SELECT * FROM access.request WHERE person = %s", maria.person)
        hers = browser(maria.hand.session(maria.person))
        hers.post(f"/requests/{row['request']}/approve", data={"days": "1"})
        assert left(maria) == 30
        maria.hand.all("DELETE FROM access.request RETURNING 1")
        screen.post(f"{place}/longer", data={"days": "90"})
        row = maria.hand.one("SELECT * FROM access.request WHERE person = %s", maria.person)
        maria.withdraw(row["grant_id"])
        answer = hers.post(f"/requests/{row['request']}/approve", data={"days": "90"})
        assert answer.status_code == 422
        assert screen.get(place).status_code == 404
        assert screen.post(f"{place}/longer", data={"days": "90"}).status_code == 404


def test_a_patients_own_viewing_asks_for_nothing(maria: Maria, screen: TestClient) -> None:
    """Nor does an address that is none."""
    assert screen.post("/v/x/longer", data={"days": "90"}).status_code == 404
    assert maria.notices() == []
