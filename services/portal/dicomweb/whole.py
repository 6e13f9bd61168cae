"""Whole files as they were received, and single values out of them (PS3.18 §10.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from typing import Annotated, BinaryIO

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from services.portal.dicomweb import accept, parameters, ranges
from services.portal.dicomweb.accept import DICOM, Form, Wish
from services.portal.dicomweb.answers import (
    Pieces,
    bearer,
    in_words,
    refuse_all_but,
    unchanged,
    wishes,
)
from services.portal.dicomweb.finding import one, opened
from services.portal.dicomweb.instances import ONE
from services.portal.dicomweb.multipart import ends, kind, related
from services.portal.dicomweb.place import INSTANCE, Instance
from services.portal.dicomweb.served import Served
from services.portal.facts import Credential
from services.portal.page import edges_of
from shared.access import Action
from shared.db import Row
from shared.dicom.refusal import Unreadable
from shared.errors import EdgeDown
from shared.storage import Storage

log = structlog.get_logger()
router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]

BIG_ENDIAN = "1.2.840.10008.1.2.2"
CHUNK = 1 << 18  # bytes


@router.get(INSTANCE)
def instance(request: Request, credential: Bearer, place: Instance) -> Response:
    """Give a file as the hospital sent it, byte for byte, or the part that was not had yet.

    Or in Explicit VR Little Endian, for who names DICOM and no transfer syntax.
    """
    wished = wishes(request)
    with opened(request, credential, place, Action.KEEP) as (allowed, names):
        row = one(allowed.connection, ONE, names)
    form = accept.of_file(wished, row["transfer_syntax_uid"])
    if form is None:
        refuse_all_but(f"{DICOM}; transfer-syntax={row['transfer_syntax_uid']}")
    if (plain := turned(request, row, form, wished)) is not None:
        return whole(plain, form)
    form = replace(form, syntax=row["transfer_syntax_uid"])
    size, tag = row["size"], f'"{row["sha256"]}"'
    if (known := unchanged(request, tag)) is not None:
        return known
    part = None if form.multipart else asked(request, tag, size)
    file = sound(edges_of(request).storage, row["archive_key"], row["sha256"])
    if not form.multipart:
        some = part or range(size)
        headers = {
            "accept-ranges": "bytes",
            "etag": tag,
            "content-length": str(len(some)),
            "content-disposition": f'attachment; filename="{place.sop}.dcm"',
        }
        status = HTTPStatus.OK
        if part is not None:
            headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
            status = HTTPStatus.PARTIAL_CONTENT
        file.seek(some.start)
        body = pieces(file, length=len(some))
        return StreamingResponse(body, status, media_type=form.part, headers=headers)
    boundary = token_hex(16)
    head, tail = ends(boundary, form.part)
    length = len(head) + size + len(b"\r\n") + len(tail)
    return StreamingResponse(
        pieces(file, head, b"\r\n" + tail, length=size),
        media_type=kind(DICOM, boundary),
        headers={"content-length": str(length)},
    )


def turned(request: Request, row: Row, form: Form, wished: Sequence[Wish]) -> bytes | None:
    """Return a file in Explicit VR Little Endian where that is due; None: as it is stored.

    What cannot be turned is sent as it is stored, which its Content-Type says, unless that was
    asked for by name.

    Raises:
        HTTPException: 406, it was.

    """
    if not form.decoded:
        return None
    syntax = row["transfer_syntax_uid"]
    # Of big endian the fast copy has every value, turned.
    source = Served.of(row) if syntax == BIG_ENDIAN else Served.original(row)
    try:
        return edges_of(request).pictures.plain(source)
    except Unreadable:
        if any(each.syntax == accept.EXPLICIT_LITTLE for each in wished):
            refuse_all_but(f"{DICOM}; transfer-syntax={syntax}")
        return None


def whole(content: bytes, form: Form) -> Response:
    """Answer with a file that was turned: there are no ranges of it, and it is made anew."""
    if not form.multipart:
        return Response(content, media_type=form.part)
    return Pieces(*related([content], DICOM, form.part))


def asked(request: Request, tag: str, size: int) -> range | None:
    """Return which bytes are asked for; None for all.

    Raises:
        HTTPException: there are none of them.

    """
    headers = request.headers
    try:
        return ranges.wanted(headers.get("range"), headers.get("if-range"), tag, size)
    except ranges.Unsatisfiable:
        raise HTTPException(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"There are {size} bytes.",
            {"content-range": f"bytes */{size}"},
        ) from None


@router.get(INSTANCE + "/bulkdata/{path:path}")
def bulkdata(request: Request, credential: Bearer, place: Instance, path: str) -> Response:
    """Give one long value of a header, such as the colours of a palette."""
    form = accept.wish_for(wishes(request), accept.OCTETS)
    if form is None:
        refuse_all_but(accept.OCTETS)
    with in_words():
        steps = parameters.bulk_path(path)
        with opened(request, credential, place) as (allowed, names):
            row = one(allowed.connection, ONE, names)
        try:
            value = edges_of(request).pictures.bulk(Served.original(row), steps)
        except Unreadable:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such value.") from None
    if not form.related:
        return Response(value, media_type=accept.OCTETS)
    return Pieces(*related([value], accept.OCTETS, accept.OCTETS))


def sound(storage: Storage, key: str, digest: str, bucket: str = "archive") -> BinaryIO:
    """Return an original that is proved to be what was received.

    Raises:
        EdgeDown: it is not there, or has other bytes: those are never served.

    """
    edge = "s3"
    try:
        file = storage.open(bucket, key)
    except FileNotFoundError:
        raise EdgeDown(edge) from None
    sha = sha256()
    while chunk := file.read(CHUNK):
        sha.update(chunk)
    if sha.hexdigest() != digest:
        file.close()
        log.error("original_corrupt", sha256=digest)
        raise EdgeDown(edge)
    file.seek(0)
    return file


def pieces(
    file: BinaryIO, before: bytes = b"", after: bytes = b"", *, length: int
) -> Iterator[bytes]:
    """Yield `length` bytes of a file with what stands around them, and close it."""
    with file:
        if before:
            yield before
        while length and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
        if after:
            yield after
