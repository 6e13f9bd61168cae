"""The page that takes a disc, piece by piece, and asks whose it is."""

from binascii import unhexlify
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, cast
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.portal import headers
from services.portal.bring import owning, uploads
from services.portal.bring.rules import MOST_FILES, PIECE
from services.portal.bring.uploads import BUCKET, Disc, Refused
from services.portal.page import edges_of, show, wording_of
from services.portal.reading import Hidden
from services.portal.signin import buckets
from services.portal.signin.entries import Actor
from services.portal.signin.sessions import Session
from services.portal.signin.visit import SignedIn, go
from services.portal.take.offers import large, many
from shared.access import Because
from shared.db import Row
from shared.wording import Wording

router = APIRouter()
GIGABYTE = 10**9
IN_MEMORY = 256 << 10  # bytes of a piece, before it lies on disk while it comes
LARGEST = 1 << 50  # bytes of a file
# Only this page fetches.
POLICY = f"{headers.PAGES}; connect-src 'self'"


class Wanted(BaseModel):
    """What a browser wants to bring."""

    whose: UUID
    fingerprint: str = Field(pattern="^[0-9a-f]{64}$")
    sizes: list[Annotated[int, Field(ge=0, le=LARGEST)]] = Field(max_length=MOST_FILES + 1)


@router.get("/bring")
def page(request: Request, session: SignedIn) -> HTMLResponse:
    """Show how to bring a disc, what is on its way, and what has to be asked."""
    edges, wording, who = edges_of(request), wording_of(request), actor(session)
    most = edges.settings.bring_gigabytes * GIGABYTE
    with edges.database.transaction() as connection:
        people = uploads.whose(connection, who)
        asked = owning.asked(connection, list(people))
        rows = uploads.listed(connection, who)
        room = min((uploads.room(connection, each, most) for each in people), default=0)
    answer = show(
        request,
        "bring.html",
        signed_in=True,
        here="/scans",
        people=[(person, named(row, session)) for person, (row, _) in people.items()],
        room=large(room, wording.language),
        asked=[question(row, wording) for row in asked],
        discs=[disc(row, session, wording) for row in rows],
    )
    answer.headers["content-security-policy"] = POLICY
    return answer


def actor(session: Session) -> Actor:
    """Return who does it."""
    return Actor(session.person, session.session)


def named(row: Row, session: Session) -> str:
    """Return what to call somebody for whom one may bring; empty: oneself."""
    return "" if row["person"] == session.person else row["name"] or "?"


def question(row: Row, wording: Wording) -> dict[str, Any]:
    """Return what is asked about whom a disc names."""
    language = wording.language
    born, day = row["birth_date"], row["day"]
    return {
        "record": row["record"],
        "name": row["name"] or "",
        "born": format_date(born, "long", locale=language) if born else "",
        "day": format_date(day, "long", locale=language) if day else "",
        "pictures": row["pictures"],
    }


def disc(row: Row, session: Session, wording: Wording) -> dict[str, Any]:
    """Return a disc as the page lists it."""
    return {
        "upload": row["upload"],
        "state": row["state"],
        "mine": row["actor"] == session.person,
        "files": many(row["files"], wording),
        "size": large(row["size"], wording.language),
        "day": format_date(row["opened_at"], "long", locale=wording.language),
    }


@router.post("/bring")
def begin(request: Request, session: SignedIn, wanted: Wanted) -> JSONResponse:
    """Begin with a disc, or go on with the same one."""
    edges, who = edges_of(request), actor(session)
    most = edges.settings.bring_gigabytes * GIGABYTE
    with edges.database.transaction() as connection:
        people = uploads.whose(connection, who)
        if wanted.whose not in people:
            raise Hidden(Because.NOT_YOURS)
        if not buckets.poured(connection, buckets.DISCS_OF_PERSON, str(session.person)):
            return JSONResponse({"refused": Refused.TOO_OFTEN}, HTTPStatus.TOO_MANY_REQUESTS)
        because, fingerprint = people[wanted.whose][1].because, unhexlify(wanted.fingerprint)
        told = Disc(wanted.whose, because, fingerprint, wanted.sizes)
        row = uploads.begin(connection, who, told, most)
        if isinstance(row, Refused):
            return JSONResponse({"refused": row}, HTTPStatus.UNPROCESSABLE_ENTITY)
        received = uploads.received(connection, row["upload"])
    return JSONResponse({"upload": str(row["upload"]), "piece": PIECE, "received": received})


@router.get("/bring/{upload}")
def state(request: Request, session: SignedIn, upload: UUID) -> JSONResponse:
    """Say how much of each file is safe."""
    with edges_of(request).database.transaction() as connection:
        row = uploads.look(connection, actor(session), upload)
        if row is None:
            raise Hidden(Because.NOT_YOURS)
        received = uploads.received(connection, upload)
    return JSONResponse({"state": row["state"], "received": received})


@router.put("/bring/{upload}/{number}")
async def piece(
    request: Request,
    session: SignedIn,
    upload: UUID,
    number: Annotated[int, Path(ge=0, lt=MOST_FILES)],
    at: Annotated[int, Query(ge=0, le=LARGEST)],
) -> Response:
    """Take the piece of a file that begins `at`; what is answered is safe, whatever comes then."""
    size, safe = await run_in_threadpool(expected, request, session, upload, number)
    length = min(PIECE, size - at)
    if at != safe or length < 1:
        return JSONResponse({"received": safe})
    if request.headers.get("content-length") != str(length):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            async for chunk in request.stream():
                file.write(chunk)
        except ClientDisconnect:
            return Response(None, HTTPStatus.BAD_REQUEST)  # nobody hears it
        if file.tell() != length:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        file.seek(0)
        body = cast("BinaryIO", file)
        key = uploads.key(upload, number, at)
        await run_in_threadpool(edges_of(request).storage.put, BUCKET, key, body)
    await run_in_threadpool(kept, request, session, upload, number, (at, length))
    return JSONResponse({"received": at + length})


def expected(request: Request, session: Session, upload: UUID, number: int) -> tuple[int, int]:
    """Return the size of a file that is on its way, and how much of it is safe.

    Raises:
        Hidden: there is none of theirs, or it is not open.

    """
    with edges_of(request).database.transaction() as connection:
        row = uploads.look(connection, actor(session), upload)
        found = uploads.of_file(connection, upload, number)
    if row is None or found is None or row["state"] != "open":
        raise Hidden(Because.NOT_YOURS)
    return found["size"], found["received"]


def kept(
    request: Request, session: Session, upload: UUID, number: int, part: tuple[int, int]
) -> None:
    """Count a piece that lies where it belongs.

    Raises:
        Hidden: the upload was ended meanwhile, or they may not any more.

    """
    with edges_of(request).database.transaction() as connection:
        who = actor(session)
        if uploads.look(connection, who, upload) is None:
            raise Hidden(Because.NOT_YOURS)
        if not uploads.add(connection, who, upload, number, part):
            raise Hidden(Because.ABSENT)


@router.post("/bring/{upload}/end")
def end(request: Request, session: SignedIn, upload: UUID) -> Response:
    """Give up a disc that is not whole."""
    with edges_of(request).database.transaction() as connection:
        uploads.end(connection, actor(session), upload)
    return go("/bring")


@router.post("/bring/records/{record}")
def answer(
    request: Request,
    session: SignedIn,
    record: UUID,
    mine: Annotated[bool, Form()],
) -> Response:
    """Take the answer to whose scans these are."""
    with edges_of(request).database.transaction() as connection:
        who = actor(session)
        people = list(uploads.whose(connection, who))
        if not owning.answer(connection, record, who, people, mine=mine):
            raise Hidden(Because.NOT_YOURS)
    return go("/scans" if mine else "/bring")
