"""Pages: a template, in the language that the browser or the person wishes."""

import secrets
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.portal.edges import Edges
from shared.reference import ALPHABET
from shared.wording import Wording, chosen


def N_(text: str) -> str:  # noqa: N802  gettext's own name for a text that is translated later
    """Mark `text` for translation."""
    return text


PROBLEMS: dict[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.NOT_FOUND: (
        N_("This page is not here"),
        N_("The address may be mistyped, or what it showed is not there any more."),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        N_("We cannot answer right now"),
        N_("Nothing is lost. Please try again in a minute."),
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        N_("Something went wrong on our side"),
        N_("Nothing is lost. Please try again; if it stays so, call the help desk."),
    ),
}
OTHER = (
    N_("We could not read that"),
    N_("Please go back and try again."),
)

PAUSED: dict[str, tuple[str, str]] = {
    "portal": (
        N_("We are working on this"),
        N_(
            "You can look at your scans, and stop sharing them. Anything else has to wait a little:"
            " please try again later. Nothing is lost."
        ),
    ),
    "sharing": (
        N_("Sharing is paused"),
        N_(
            "For the moment nothing new can be shared or opened. You can stop sharing at any time."
            " Please try again later; nothing is lost."
        ),
    ),
}

LANGUAGE = "scanpass-language"  # a cookie; says nothing of who it is


def edges_of(request: Request) -> Edges:
    """Return what the app was made with."""
    found: Edges = request.app.state.edges
    return found


def wording_of(request: Request) -> Wording:
    """Return the words: of the language that was chosen, else the browser's first that we speak."""
    wordings = edges_of(request).wordings
    asked = request.headers.get("accept-language", "")[:200].split(",")
    wishes = (each.split(";")[0].strip() for each in asked)
    spoken = [wish for wish in wishes if wish[:2].lower() in wordings]
    return chosen(wordings, request.cookies.get(LANGUAGE), *spoken)


def show(
    request: Request,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    wording: Wording | None = None,
    **values: Any,  # noqa: ANN401  whatever the template names
) -> HTMLResponse:
    """Return `template` filled, in the request's language unless `wording` is another.

    A value that it names and nobody gives is an error.
    """
    wording = wording or wording_of(request)
    given = {
        "language": wording.language,
        "languages": sorted(edges_of(request).wordings),
        "here": request.url.path,
        "signed_in": False,
        **values,
    }
    return HTMLResponse(wording.render(template, given), status)


def problem(
    request: Request, status: HTTPStatus, reference: str, words: tuple[str, str] | None = None
) -> HTMLResponse:
    """Return the page that says in plain words what is wrong, and bears a reference."""
    heading, sentence = words or PROBLEMS.get(status, OTHER)
    _ = wording_of(request).words.gettext
    return show(
        request,
        "problem.html",
        status,
        heading=_(heading),
        sentence=_(sentence),
        reference=reference,
    )


def fresh_reference() -> str:
    """Return a reference that stands on an error's page and in our log."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{letters[:4]}-{letters[4:]}"
