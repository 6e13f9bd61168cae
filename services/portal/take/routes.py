"""Take one scan or all: freeze it, say what it is, send it."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from services.portal.credential import of_session
from services.portal.dicomweb.whole import asked
from services.portal.facts import Credential
from services.portal.page import edges_of, show, wording_of
from services.portal.pages import listing
from services.portal.reading import Hidden
from services.portal.take import freezing, frozen, leafing, turning
from services.portal.take.freezing import Wanted
from services.portal.take.frozen import Take
from services.portal.take.offers import large, many
from services.portal.take.sending import Sending
from shared import catalogue
from shared.access import Action, Because
from shared.db import Row

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]
Older = Annotated[bool, Form()]
MOST = 5_000  # studies of one take
ZIP = "/take/{take}/scans.zip"


@router.post("/scans/{site}/{study_uid}/take")
def take_one(
    request: Request, credential: Session, site: str, study_uid: str, *, older: Older = False
) -> Response:
    """Freeze one scan, or have it turned for older software first."""
    if "\0" in site + study_uid:  # PostgreSQL's text cannot hold it
        raise Hidden(Because.ABSENT)
    with edges_of(request).reading.visible(credential) as visible:
        found = catalogue.study(visible.connection, site, study_uid)
        rows = [found.study] if found else []
        wanted = Wanted(listing.scans(visible, rows, wording_of(request)), 0)
    return begun(request, credential, replace(wanted, older=older))


@router.post("/take")
def take_all(
    request: Request, credential: Session, whose: Annotated[UUID, Form()], *, older: Older = False
) -> Response:
    """Freeze all released scans of the person `whose`: the reader, or whom they help."""
    with edges_of(request).reading.visible(credential) as visible:
        records = [row["record"] for row in visible.records if row["owner"] == whose]
        rows = catalogue.find(visible.connection, records=records, limit=MOST)
        scans = listing.scans(visible, rows, wording_of(request))
    here = {(row.site, row.study_uid) for row in rows if row.state == "available"}
    ready = [scan for scan in scans if not scan.waits and (scan.site, scan.study_uid) in here]
    wanted = Wanted(ready, len(scans) - len(ready), older)
    return begun(request, credential, wanted)


def begun(request: Request, credential: Credential, wanted: Wanted) -> Response:
    """Freeze what is wanted, if all of it may be kept; or have it turned first."""
    if not wanted.older:
        return freeze(request, credential, wanted)
    with edges_of(request).reading.all_opened(credential, Action.KEEP, wanted.studies) as opened:
        connection, reader = opened[0].connection, opened[0].reader
        told = (reader.person, reader.session, wanted.studies, wanted.waiting)
        older = turning.ask(connection, *told)
    return RedirectResponse(f"/take/older/{older}", HTTPStatus.SEE_OTHER)


def freeze(request: Request, credential: Credential, wanted: Wanted) -> Response:
    """Freeze what is wanted, if all of it may be kept, and show its page."""
    edges, wording, scans = edges_of(request), wording_of(request), wanted.scans
    with edges.reading.all_opened(credential, Action.KEEP, wanted.studies) as opened:
        found = leafing.parts(opened[0].connection, scans, wording)
        people = leafing.who(opened[0].connection, scans)
    # Drawn between two decisions: it takes seconds, and nobody shall wait for our locks.
    viewer = leafing.viewer(edges.pictures, found, scans, people, wording)
    with edges.reading.all_opened(credential, Action.KEEP, wanted.studies) as opened:
        take = freezing.freeze(opened, wanted, wording, edges.settings.portal_url, viewer)
    return RedirectResponse(f"/take/{take}", HTTPStatus.SEE_OTHER)


@router.get("/take/older/{older}")
def far(request: Request, credential: Session, older: UUID) -> HTMLResponse:
    """Say how much is turned for older software; the page asks again by itself."""
    row = asked_for(request, credential, older)
    wording = wording_of(request)
    return show(
        request,
        "take-older.html",
        signed_in=True,
        here="/scans",
        older=older,
        done=many(row["done"], wording),
        files=many(row["files"], wording),
        share=row["done"] / row["files"] if row["files"] else 1,
        ready=row["done"] == row["files"],
    )


@router.post("/take/older/{older}")
def turned(request: Request, credential: Session, older: UUID) -> Response:
    """Freeze what is turned by now."""
    row = asked_for(request, credential, older)
    if row["done"] < row["files"]:
        return RedirectResponse(f"/take/older/{older}", HTTPStatus.SEE_OTHER)
    with edges_of(request).reading.visible(credential) as visible:
        found = [catalogue.study(visible.connection, *study) for study in row["studies"]]
        rows = [each.study for each in found if each is not None]
        scans = listing.scans(visible, rows, wording_of(request))
    wanted = Wanted(scans, row["waiting"], older=True)
    if set(wanted.studies) != set(row["studies"]):
        raise Hidden(Because.ABSENT)
    return freeze(request, credential, wanted)


def asked_for(request: Request, credential: Credential, older: UUID) -> Row:
    """Return what somebody wants to have turned.

    Raises:
        Hidden: nobody is signed in, there is none, it has ended, or it is another's.

    """
    with edges_of(request).reading.visible(credential) as visible:
        row = turning.look(visible.connection, older)
    if row is None or row["person"] != visible.reader.person:
        raise Hidden(Because.ABSENT)
    with edges_of(request).reading.all_opened(credential, Action.LIST, row["studies"]):
        return row


@router.get("/take/{take}")
def page(request: Request, credential: Session, take: UUID) -> HTMLResponse:
    """Say what the ZIP holds, how large it is, and until when it can be had."""
    found = mine(request, credential, take)
    with edges_of(request).reading.all_opened(credential, Action.LIST, found.studies):
        pass
    language = wording_of(request).language
    return show(
        request,
        "take.html",
        signed_in=True,
        take=take,
        address=ZIP.format(take=take),
        files=found.files,
        scans=len(found.studies),
        size=large(found.shape.size, language),
        until=format_date(found.ends_at, "long", locale=language),
    )


@router.api_route(ZIP, methods=["GET", "HEAD"])
def send(request: Request, credential: Session, take: UUID) -> Response:
    """Send the ZIP, or a range of it: decided and logged anew each time."""
    return sent(request, credential, take)


def sent(request: Request, credential: Credential, take: UUID) -> Response:
    """Return the ZIP, or a range of it.

    Raises:
        Hidden: it is not theirs, or may not be kept any more.

    """
    try:
        found = mine(request, credential, take)
        allowed(request, credential, found)
    except Hidden:
        # A program that goes on with a download must not get the page for signing in.
        raise Hidden(Because.ABSENT) from None
    size, tag = found.shape.size, f'"{found.digest}"'
    part = asked(request, tag, size)
    some, status = part or range(size), HTTPStatus.OK
    headers = {
        "accept-ranges": "bytes",
        "etag": tag,
        "content-length": str(len(some)),
        "content-disposition": f'attachment; filename="{named(found)}"',
    }
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        status = HTTPStatus.PARTIAL_CONTENT
    if request.method == "HEAD":
        return Response(None, status, headers, media_type="application/zip")
    edges = edges_of(request)
    sending = Sending(
        edges.storage,
        lambda place: frozen.content(edges.database, take, place),
        lambda: allowed(request, credential, found),
    )
    body = sending.pieces(frozen.parts(edges.database, found, some.start, some.stop))
    return StreamingResponse(body, status, headers, media_type="application/zip")


def mine(request: Request, credential: Credential, take: UUID) -> Take:
    """Return a take of who asks.

    Raises:
        Hidden: nobody is signed in, there is none, it has ended, or it is another's.

    """
    with edges_of(request).reading.visible(credential) as visible:
        found = frozen.look(visible.connection, take)
    if found is None or found.person != visible.reader.person:
        raise Hidden(Because.ABSENT)
    return found


def allowed(request: Request, credential: Credential, take: Take) -> None:
    """Return if all of a take may still be kept.

    Raises:
        Hidden: it may not.

    """
    with edges_of(request).reading.all_opened(credential, Action.KEEP, take.studies):
        pass


def named(take: Take) -> str:
    """Return what the file is called on her computer."""
    return f"scans-{take.shape.made_at:%Y-%m-%d}.zip"
