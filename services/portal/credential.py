"""What a request brings to say who it is: a session's cookie, or a viewing in its path."""

from hashlib import sha256
from typing import Annotated

from fastapi import Path, Request

from services.portal.facts import Credential
from services.portal.settings import Settings
from shared.access import codes

LONGEST = 64  # characters of a secret


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name: cookies ignore ports, so each portal has its own."""
    prefix = "__Host-" if settings.portal_url.startswith("https:") else ""
    return f"{prefix}scanpass-{sha256(settings.portal_url.encode()).hexdigest()[:8]}"


def of_session(request: Request) -> Credential:
    """Return the credential of the pages' origin: a cookie."""
    settings: Settings = request.app.state.edges.settings
    secret = request.cookies.get(cookie_name(settings), "")
    return Credential(session=codes.hashed(secret)) if 0 < len(secret) <= LONGEST else Credential()


def of_viewing(viewing: Annotated[str, Path()]) -> Credential:
    """Return the credential of the viewer's origin: what stands in the path."""
    return Credential(viewing=codes.hashed(viewing)) if len(viewing) <= LONGEST else Credential()
