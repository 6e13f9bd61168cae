"""Which forms wait while an operator holds the portal, or sharing."""

import pytest

from services.portal.brakes import stopped

ID = "3f2b8c1e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "path",
    [
        *("/signin", f"/signin/{ID}", f"/signin/{ID}/who", "/l", "/signout", "/passkey/answer"),
        "/identity",
        *("/language/es", "/scans/north/1.2.3/look", f"/shared/{ID}/end", f"/helpers/{ID}/end"),
        *("/passkey", "/identity", f"/settings/identity/{ID}/end"),
        *(f"/consents/{ID}/narrow", f"/viewers/{ID}/end", "/settings/devices/end-others"),
    ],
)
def test_looking_and_taking_back_always_go_on(path: str) -> None:
    """Whatever is held: nobody is locked out, and nobody is kept from ending a share."""
    assert stopped(frozenset({"portal", "sharing"}), path) is None


@pytest.mark.parametrize(
    "path",
    [
        *("/scans/north/1.2.3/share", "/consents", f"/shared/{ID}/code", f"/shared/{ID}/link"),
        *("/viewers", "/s", "/s/open"),
    ],
)
def test_what_gives_or_opens_waits_with_sharing(path: str) -> None:
    """And with the portal, which is wider."""
    assert stopped(frozenset({"sharing"}), path) == "sharing"
    assert stopped(frozenset({"portal"}), path) == "portal"
    assert stopped(frozenset({"letters", "site/north"}), path) is None


@pytest.mark.parametrize(
    "path",
    ["/claim", "/wish", "/helpers", "/contact", "/take", "/new/form", f"/helpers/{ID}/vouch"],
)
def test_all_else_waits_with_the_portal_only(path: str) -> None:
    """Also a form that nobody thought of here."""
    assert stopped(frozenset({"portal"}), path) == "portal"
    assert stopped(frozenset({"sharing"}), path) is None
