"""All files of a study or series in one answer (PS3.18 §10.4): in parts, or as a ZIP."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from time import monotonic
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from services.portal.dicomweb import accept
from services.portal.dicomweb.accept import DICOM, ZIP, Wish
from services.portal.dicomweb.answers import bearer, refuse_all_but, wishes
from services.portal.dicomweb.finding import opened
from services.portal.dicomweb.instances import ALL
from services.portal.dicomweb.multipart import ends, kind
from services.portal.dicomweb.place import SERIES, STUDY, Place, Series, Study
from services.portal.dicomweb.whole import pieces, sound, turned
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Hidden
from services.portal.take import contents, packing
from services.portal.take.beside import Made
from services.portal.take.contents import Frozen
from services.portal.take.directory import File, dicomdir
from services.portal.take.sending import ASK_SECONDS, Sending
from shared.access import Action, Because
from shared.db import Row

router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]


@router.get(STUDY)
def study(request: Request, credential: Bearer, place: Study) -> Response:
    """Give all files of a study."""
    return files(request, credential, place)


@router.get(SERIES)
def series(request: Request, credential: Bearer, place: Series) -> Response:
    """Give all files of a series."""
    return files(request, credential, place)


def files(request: Request, credential: Credential, place: Place) -> Response:
    """Give all files of a place, in the form that is wished for most."""
    wished = wishes(request)
    form = accept.first_of(wished, (DICOM, ZIP))
    with opened(request, credential, place, Action.KEEP) as (allowed, names):
        if form == ZIP:
            study = (names["site"], place.study)
            found = list(contents.originals(allowed.connection, [study], place.series))
        else:
            rows = allowed.connection.execute(ALL, names).fetchall()

    def ask() -> None:
        with opened(request, credential, place, Action.KEEP):
            pass

    if form == ZIP:
        return zipped(request, found, ask)
    if not rows:
        raise Hidden(Because.ABSENT)
    kept = [each for each in wished if each.related or each.media == accept.ANY]
    if any(accept.of_file(kept, row["transfer_syntax_uid"]) is None for row in rows):
        refuse_all_but(f'multipart/related; type="{DICOM}"; transfer-syntax=* or {ZIP}')
    boundary = token_hex(16)
    body = parts(request, rows, kept, boundary, ask)
    return StreamingResponse(body, media_type=kind(DICOM, boundary))


def parts(
    request: Request,
    rows: Sequence[Row],
    wished: Sequence[Wish],
    boundary: str,
    ask: Callable[[], None],
) -> Iterator[bytes]:
    """Yield the files, each as a part; permission is asked for again each second.

    Raises:
        Hidden: it is not given any more: the answer is broken off.
        EdgeDown: an original is not there, or has other bytes.

    """
    asked = monotonic()
    for row in rows:
        syntax = row["transfer_syntax_uid"]
        form = accept.of_file(wished, syntax) or accept.Form(DICOM, syntax, multipart=True)
        plain = turned(request, row, form, ())
        told = form.part if plain is not None else f"{DICOM}; transfer-syntax={syntax}"
        head, tail = ends(boundary, told)
        if plain is not None:
            yield head + plain + b"\r\n"
            continue
        file = sound(edges_of(request).storage, row["archive_key"], row["sha256"])
        for piece in pieces(file, head, b"\r\n", length=row["size"]):
            if monotonic() - asked > ASK_SECONDS:
                ask()
                asked = monotonic()
            yield piece
    yield tail


def zipped(
    request: Request,
    found: Sequence[tuple[Frozen, File]],
    ask: Callable[[], None],
) -> Response:
    """Answer with the originals and their DICOMDIR (PS3.12 Annex V), of known length."""
    if not found:
        raise Hidden(Because.ABSENT)
    directory = Made("DICOMDIR", dicomdir((file for _, file in found), f"2.25.{uuid4().int}"))
    members = list(packing.place([directory.member, *(member for member, _ in found)]))
    last = members[-1]
    shape = packing.Shape(len(members), last.ends, last.entry_ends, datetime.now(UTC))
    sending = Sending(edges_of(request).storage, lambda _: directory.content, ask)
    body = sending.pieces(packing.cut(members, members, shape, 0, shape.size))
    headers = {
        "content-length": str(shape.size),
        "content-disposition": 'attachment; filename="scan.zip"',
    }
    return StreamingResponse(body, media_type=ZIP, headers=headers)
