"""What a request says of its visitor: client, browser, language, session."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse

from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of, wording_of
from services.portal.reading import Hidden
from services.portal.signin import browser, buckets, sessions
from services.portal.signin.buckets import Bucket
from services.portal.signin.claiming import Visitor
from services.portal.signin.sessions import Session
from shared.access import Because, codes
from shared.db import Connection

SEE_OTHER = 303  # RFC 9110 §15.4.4: the answer to a form is a page that may be loaded again

ByCookie = Annotated[Credential, Depends(of_session)]


def session_of(request: Request, credential: ByCookie) -> Session | None:
    """Return who is signed in, or None."""
    if credential.session is None:
        return None
    with edges_of(request).database.transaction() as connection:
        return sessions.current(connection, credential)


def signed_in(session: "MaybeSignedIn") -> Session:
    """Return who is signed in.

    Raises:
        Hidden: nobody is.

    """
    if session is None:
        raise Hidden(Because.SIGNED_OUT)
    return session


MaybeSignedIn = Annotated[Session | None, Depends(session_of)]
SignedIn = Annotated[Session, Depends(signed_in)]


def visitor_of(request: Request, session: Session | None) -> Visitor:
    """Return who is at the page, with a fresh secret for their browser."""
    settings = edges_of(request).settings
    return Visitor(
        session=session,
        device=device_of(request),
        language=wording_of(request).language,
        browser=codes.token(),
        days=settings.session_days,
        region=settings.phone_region,
    )


def device_of(request: Request) -> str:
    """Return what the browser is called in the list of devices."""
    return browser.named(request.headers.get("user-agent", ""))


def few_enough(request: Request, connection: Connection, bucket: Bucket) -> bool:
    """Count one try of this client, of whom no address is kept; False where it is one too many."""
    key = edges_of(request).settings.code_key.get_secret_value()
    host = request.client.host if request.client else ""
    return buckets.poured(connection, bucket, codes.keyed(key, "client", host).hex())


def allowed(request: Request) -> bool:
    """Count a try at a code: of this client, and of all together."""
    with edges_of(request).database.transaction() as connection:
        return few_enough(request, connection, buckets.CODES_OF_CLIENT) and buckets.poured(
            connection, buckets.CODES
        )


def go(path: str) -> RedirectResponse:
    """Send the browser to a page of ours."""
    return RedirectResponse(path, SEE_OTHER)
