"""Addresses of the viewer: for one session, one patient, and a while."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.portal.credential import of_viewing
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Opened
from shared.access import codes
from shared.db import Connection

router = APIRouter()
Viewing = Annotated[Credential, Depends(of_viewing)]
HERE = "/v/{viewing}/here"
OPEN = """
    INSERT INTO access.viewing (secret_hash, session, patient, language, ends_at)
    SELECT %s, %s, person, %s, clock_timestamp() + %s
    FROM access.claim WHERE record = %s AND ended_at IS NULL
"""
LANGUAGE = "SELECT language FROM access.viewing WHERE secret_hash = %s"


@router.get(HERE)
def here(request: Request, credential: Viewing) -> Response:
    """Say whether the viewing goes on; its pages ask, and go blank when it has ended."""
    with edges_of(request).reading.visible(credential):
        return Response(status_code=HTTPStatus.NO_CONTENT)


def view(opened: Opened, hours: float, language: str) -> str:
    """Return the secret of a new viewing, in `language`, of the patient whose study was opened."""
    token = codes.token()
    given = (codes.hashed(token), opened.reader.session, language, timedelta(hours=hours))
    opened.connection.execute(OPEN, (*given, opened.record))
    return token


def language_of(connection: Connection, credential: Credential) -> str:
    """Return the language that the viewing was opened in."""
    (row,) = connection.execute(LANGUAGE, (credential.viewing,)).fetchall()
    found: str = row["language"]
    return found
