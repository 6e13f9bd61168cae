"""What a request brings to say who it is: a cookie, what stands in its path, or a header."""

from base64 import b64decode
from binascii import Error
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
    """Return the credential of the viewer's pages: a viewing, which stands in the path."""
    return Credential(viewing=codes.hashed(viewing)) if len(viewing) <= LONGEST else Credential()


def of_path(told: str) -> Credential:
    """Return the credential of a DICOMweb address: a viewing's, or that of a program."""
    if len(told) > LONGEST:
        return Credential()
    secret = codes.hashed(told)
    return Credential(viewing=secret, client=secret)


def of_header(said: str) -> Credential:
    """Return the credential of a program: Bearer (RFC 6750), or Basic's password (RFC 7617).

    Only what was made for programs is found by it: no session, and no viewing.
    """
    scheme, _, told = said.partition(" ")
    secret = told.strip()
    if scheme.lower() == "basic":
        try:
            secret = b64decode(secret, validate=True).decode("ascii").partition(":")[2]
        except (Error, UnicodeDecodeError):
            return Credential()
    elif scheme.lower() != "bearer":
        return Credential()
    return Credential(client=codes.hashed(secret)) if 0 < len(secret) <= LONGEST else Credential()
