"""How the routes answer what went wrong: in a plain sentence."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import NoReturn

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from services.portal.credential import of_header, of_path, of_session
from services.portal.dicomweb import accept
from services.portal.dicomweb.parameters import Absurd
from services.portal.facts import Credential
from shared.dicom.layout import Piece
from shared.dicom.refusal import Unreadable

OUTSIDE = "no-such-part"
SENTENCES = {
    OUTSIDE: "There is no such part of the picture.",
    "no-pixels": "It holds no picture.",
    "video": "It is a video: take the whole file.",
    "deflated": "Its frames cannot be had one by one: take the whole file.",
    "float-pixels": "Its values are no picture: take the whole file.",
}
LONGEST = 2000  # characters of If-None-Match
NO_PICTURE = "Its picture cannot be drawn: take the whole file."


def credential_of(request: Request) -> Credential:
    """Return the credential of the origin: what stands in the path where the route has it there.

    A program says who it is in a header; then no cookie counts beside it.
    """
    viewing = request.path_params.get("viewing")
    if viewing is not None:
        return of_path(viewing)
    said = request.headers.get("authorization")
    return of_session(request) if said is None else of_header(said)


async def bearer(request: Request) -> Credential:
    """Return the same, as a dependency: asynchronous, or it would be sent through a thread."""
    return credential_of(request)


def wishes(request: Request) -> list[accept.Wish]:
    """Return what the request accepts; `accept` in the query counts first (PS3.18 §8.3.3.1).

    Raises:
        HTTPException: 400, it cannot be read.

    """
    try:
        said = request.query_params.get("accept") or request.headers.get("accept")
        return accept.wishes(said)
    except accept.Unreadable:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The Accept header cannot be read.") from None


def refuse_all_but(offered: str) -> NoReturn:
    """Answer who accepts nothing of what is `offered`.

    Raises:
        HTTPException: 406.

    """
    raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, f"This can be had as {offered}.")


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what cannot be served, or cannot be meant, into an answer."""
    try:
        yield
    except Absurd as why:
        raise HTTPException(HTTPStatus.BAD_REQUEST, str(why)) from None
    except Unreadable as why:
        said = SENTENCES.get(why.code, NO_PICTURE)
        outside = why.code == OUTSIDE
        status = HTTPStatus.BAD_REQUEST if outside else HTTPStatus.NOT_ACCEPTABLE
        raise HTTPException(status, said) from None
    except IndexError:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such frame.") from None
    except OverflowError:
        said = "That is too much for one answer: ask for fewer frames at a time."
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said) from None


class Pieces(Response):
    """An answer whose body is sent piece by piece, without being put together before."""

    def __init__(self, pieces: Sequence[Piece], kind: str) -> None:
        """Answer with all `pieces`, of Content-Type `kind`."""
        length = str(sum(map(len, pieces)))
        super().__init__(headers={"content-length": length}, media_type=kind)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI
        """Send."""
        start = {"type": "http.response.start", "status": HTTPStatus.OK}
        await send({**start, "headers": self.raw_headers})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def unchanged(request: Request, tag: str) -> Response | None:
    """Return 304 where the request knows what `tag` is of (RFC 9110 §13.1.2), else None.

    Asked only after the read was allowed, and it stands in the log like any other.
    """
    known = request.headers.get("if-none-match", "")[:LONGEST]
    names = {each.strip().removeprefix("W/") for each in known.split(",")}
    if known != "*" and tag not in names:
        return None
    return Response(None, HTTPStatus.NOT_MODIFIED, {"etag": tag})
