"""The first page: two ways in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.portal.page import show
from services.portal.signin.visit import MaybeSignedIn, go

router = APIRouter()


@router.get("/")
def welcome(request: Request, session: MaybeSignedIn) -> Response:
    """Show the two ways in, or what is inside."""
    return go("/scans") if session else show(request, "welcome.html")
