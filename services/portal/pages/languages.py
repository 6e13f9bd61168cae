"""The language of the pages: a cookie, for people who are not signed in too."""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from services.portal.page import LANGUAGE, edges_of
from services.portal.reading import Hidden
from services.portal.signin import people
from services.portal.signin.visit import MaybeSignedIn
from shared.access import Because

router = APIRouter()
PATH = re.compile(r"/([a-z0-9.-][a-z0-9./-]*)?")  # of ours: no host, no query
YEAR = 365 * 86_400  # seconds


@router.post("/language/{code}")
def language(
    request: Request,
    session: MaybeSignedIn,
    code: str,
    back: Annotated[str, Form(max_length=200)] = "/",
) -> RedirectResponse:
    """Speak `code` from now on, in messages too, and show the page `back` again."""
    edges = edges_of(request)
    if code not in edges.wordings:
        raise Hidden(Because.ABSENT)
    if session is not None:
        with edges.database.transaction() as connection:
            people.speaks(connection, session.person, code)
    answer = RedirectResponse(back if PATH.fullmatch(back) else "/", HTTPStatus.SEE_OTHER)
    secure = edges.settings.portal_url.startswith("https:")
    answer.set_cookie(LANGUAGE, code, YEAR, httponly=True, samesite="lax", secure=secure)
    return answer
