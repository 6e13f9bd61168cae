"""The three cookies: who is signed in, which browser asked, and the language."""

from fastapi import Request
from fastapi.responses import Response

from services.portal.credential import LONGEST, cookie_name
from services.portal.page import LANGUAGE, edges_of
from services.portal.settings import Settings
from services.portal.signin.asking import TERM

A_DAY = 86_400
A_YEAR = 365 * A_DAY


def sign_in(response: Response, settings: Settings, secret: str) -> None:
    """Have the browser bring `secret` with each request, and no script see it."""
    age = int(settings.session_days * A_DAY)
    put(response, settings, cookie_name(settings), secret, age)


def sign_out(response: Response, settings: Settings) -> None:
    """Have the browser forget."""
    put(response, settings, cookie_name(settings), "", 0)


def asking_name(settings: Settings) -> str:
    """Return the name of the cookie by which we know the browser that asked."""
    return f"{cookie_name(settings)}-asking"


def asking(response: Response, settings: Settings, secret: str) -> None:
    """Have the browser be known as the one that asked, for as long as the message works."""
    put(response, settings, asking_name(settings), secret, int(TERM.total_seconds()))


def asking_of(request: Request) -> str:
    """Return what the browser that asked brings, or nothing."""
    secret = request.cookies.get(asking_name(edges_of(request).settings), "")
    return secret if len(secret) <= LONGEST else ""


def speak(response: Response, settings: Settings, language: str) -> None:
    """Have the pages speak `language` in this browser."""
    put(response, settings, LANGUAGE, language, A_YEAR)


def put(response: Response, settings: Settings, name: str, value: str, age: int) -> None:
    """Set one cookie for the pages' origin alone, and for `age` seconds."""
    response.set_cookie(
        name,
        value,
        max_age=age,
        path="/",
        secure=settings.portal_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
