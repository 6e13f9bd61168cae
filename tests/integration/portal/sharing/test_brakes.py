"""An operator holds sharing, or the portal: the page says so, and taking back works on."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.portal.sharing.conftest import Maria
from tests.integration.portal.sharing.test_grants import reads
from tests.integration.portal.sharing.test_pages import Browser, Hers


@pytest.fixture
def hers(maria: Maria, browser: Browser) -> Hers:
    return Hers(browser(maria.hand.session(maria.person)), maria)


@contextmanager
def held(maria: Maria, brake: str) -> Iterator[None]:
    """Pull a brake, and let it go."""
    maria.edges.brakes.fresh = 0
    say = "INSERT INTO sites.brake (brake, pulled, actor) VALUES (%s, %s, 'test') RETURNING 1"
    maria.hand.all(say, brake, "true")
    try:
        yield
    finally:
        maria.hand.all(say, brake, "false")


def test_nobody_reads_by_a_share_while_sharing_is_held(maria: Maria) -> None:
    """And as before once it is let go."""
    doctor = maria.viewing(maria.share())
    with held(maria, "sharing"):
        assert not reads(maria, doctor)
    assert reads(maria, doctor)


def test_nothing_is_shared_or_opened_and_all_can_be_ended(hers: Hers) -> None:
    """The page says that sharing is paused, and when to try again."""
    link = hers.link()
    (shared,) = hers.shares()
    with held(hers.maria, "sharing"):
        refused = hers.share()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "600")
        assert "Sharing is paused" in refused.text
        assert hers.client.post("/s", data={"said": link}).status_code == 503
        assert hers.client.get("/scans").status_code == 200
        assert hers.client.post(shared + "/end").status_code == 303
    assert "You took it back" in hers.client.get(shared).text


def test_a_held_portal_can_be_looked_at(hers: Hers) -> None:
    """Her wish has to wait; her scans and her log do not."""
    with held(hers.maria, "portal"):
        refused = hers.client.post("/wish", data={"wish": "at-once"})
        assert (refused.status_code, "We are working on this" in refused.text) == (503, True)
        assert hers.client.get("/scans").status_code == 200
        assert hers.client.get("/looked").status_code == 200
