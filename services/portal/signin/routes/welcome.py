"""The first page: two ways in; and the language, which anybody may choose."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.portal.page import edges_of, show
from services.portal.signin import cookies, people
from services.portal.signin.visit import MaybeSignedIn, go, local

router = APIRouter()


@router.get("/")
def welcome(request: Request, session: MaybeSignedIn) -> Response:
    """Show the two ways in, or what is inside."""
    return go("/scans") if session else show(request, "welcome.html")


@router.post("/language")
def speak(
    request: Request,
    session: MaybeSignedIn,
    language: Annotated[str, Form(max_length=16)] = "",
    here: Annotated[str, Form(max_length=512)] = "/",
) -> Response:
    """Speak another language from now on, on this device and in messages."""
    edges = edges_of(request)
    answer = go(local(here))
    if language in edges.wordings:
        cookies.speak(answer, edges.settings, language)
        if session:
            with edges.database.transaction() as connection:
                people.speaks(connection, session.person, language)
    return answer
