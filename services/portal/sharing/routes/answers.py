"""An answer's PDF, to be saved by the patient: handed on as a file, never shown by a page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Hidden
from services.portal.sharing import answers
from shared.access import Action, Because

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]
SAVED = {"content-disposition": 'attachment; filename="answer.pdf"'}


@router.get("/answers/{answer}")
def answer(request: Request, credential: Session, answer: UUID) -> Response:
    """Hand on the PDF to who may look at the scan it is about."""
    edges = edges_of(request)
    if credential.session is None:
        raise Hidden(Because.SIGNED_OUT)
    with edges.database.transaction() as connection:
        row = answers.one(connection, answer)
    if row is None:
        raise Hidden(Because.ABSENT)
    study = (row["site"], row["study_uid"])
    with edges.reading.opened(credential, Action.LOOK, *study) as opened:
        content = answers.pdf(opened.connection, answer)
    if content is None:
        raise Hidden(Because.ABSENT)
    return Response(content, media_type="application/pdf", headers=SAVED)
