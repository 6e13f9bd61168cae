"""What a request says of staff: a cookie of its own, a patient's tells nothing of it."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from services.portal.credential import LONGEST, cookie_name
from services.portal.page import edges_of
from services.portal.reading import Hidden
from services.portal.settings import Settings
from services.portal.signin import cookies
from services.portal.signin.identity import Provider
from services.portal.staff import sessions
from services.portal.staff.sessions import Staff
from shared.access import Because


def name(settings: Settings) -> str:
    """Return the cookie's name."""
    return f"{cookie_name(settings)}-staff"


def secret_of(request: Request) -> str:
    """Return what the browser brings, or nothing."""
    secret = request.cookies.get(name(edges_of(request).settings), "")
    return secret if len(secret) <= LONGEST else ""


def keep(response: Response, settings: Settings, secret: str) -> None:
    """Have the browser bring `secret` for as long as the session lasts."""
    cookies.put(response, settings, name(settings), secret, int(settings.staff_minutes * 60))


def forget(response: Response, settings: Settings) -> None:
    """Have the browser forget."""
    cookies.put(response, settings, name(settings), "", 0)


def provider_of(request: Request) -> Provider:
    """Return the provider.

    Raises:
        Hidden: none is configured.

    """
    provider = edges_of(request).staff
    if provider is None:
        raise Hidden(Because.ABSENT)
    return provider


def staff_of(request: Request) -> Staff | None:
    """Return who of staff is signed in, or None.

    Raises:
        Hidden: staff cannot sign in here.

    """
    provider_of(request)
    secret = secret_of(request)
    if not secret:
        return None
    with edges_of(request).database.transaction() as connection:
        return sessions.current(connection, secret)


def signed_in(staff: "MaybeStaff") -> Staff:
    """Return who of staff is signed in.

    Raises:
        Hidden: nobody is.

    """
    if staff is None:
        raise Hidden(Because.SIGNED_OUT)
    return staff


MaybeStaff = Annotated[Staff | None, Depends(staff_of)]
SignedIn = Annotated[Staff, Depends(signed_in)]
