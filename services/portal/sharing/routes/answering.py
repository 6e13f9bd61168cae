"""A reader asks for more time, or answers with a note or a PDF: on the viewer's origin."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from services.portal.credential import of_viewing
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.pages.viewings import language_of
from services.portal.reading import Hidden
from services.portal.sharing import answers, asking, pdf
from services.portal.sharing.answers import Answer
from services.portal.sharing.asking import WORDS as LONGEST
from services.portal.sharing.presets import DAYS
from services.portal.signin.visit import go
from shared.access import Action, Because

router = APIRouter()
Viewing = Annotated[Credential, Depends(of_viewing)]


@router.post("/v/{viewing}/longer")
def longer(
    request: Request,
    credential: Viewing,
    viewing: str,
    days: Annotated[str, Form(max_length=3)] = "",
    words: Annotated[str, Form(max_length=2 * LONGEST)] = "",
) -> Response:
    """Ask the patient for more time: once a day, and once until it is answered."""
    with edges_of(request).reading.visible(credential) as visible:
        if visible.grant is None or visible.reader.guest is None:
            raise Hidden(Because.ABSENT)
        connection, guest = visible.connection, visible.reader.guest
        wished = int(days) if days in map(str, DAYS) else min(DAYS)
        language = language_of(connection, credential)
        asking.longer(connection, guest, wished, asking.clean(words), language)
    return go(f"/v/{viewing}")


@router.post("/v/{viewing}/answer")
def answer(  # noqa: PLR0913, PLR0917  the fields of a form
    request: Request,
    credential: Viewing,
    viewing: str,
    answer: Annotated[UUID, Form()],
    study: Annotated[str, Form(max_length=200)] = "",
    words: Annotated[str, Form(max_length=2 * answers.WORDS)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Keep what a reader answers, and have the patient told."""
    site, _, study_uid = study.partition("|")
    content = file.file.read(pdf.LARGEST + 1) if file is not None and file.filename else b""
    said = Answer(answer, site, study_uid, answers.clean(words), content or None)
    if content and not pdf.sound(content):
        return go(f"/v/{viewing}?answered=file")
    if not content and not said.words:
        return go(f"/v/{viewing}?answered=empty")
    with edges_of(request).reading.opened(credential, Action.LIST, site, study_uid) as opened:
        if opened.reader.guest is None:
            raise Hidden(Because.ABSENT)
        kept = answers.keep(opened, said)
    return go(f"/v/{viewing}?answered={'yes' if kept else 'no'}")
