"""WADO-RS metadata (PS3.18 §10.4.1.1.2): prebuilt for a series, joined for a study."""

import gzip
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.portal.dicomweb import accept
from services.portal.dicomweb.answers import bearer, refuse_all_but, unchanged, wishes
from services.portal.dicomweb.finding import one, opened
from services.portal.dicomweb.place import INSTANCE, SERIES, STUDY, Instance, Series, Study
from services.portal.facts import Credential
from services.portal.page import edges_of
from services.portal.reading import Hidden
from shared.access import Because
from shared.catalogue.served import below, served, unpacked
from shared.errors import EdgeDown

router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]

JSON = "application/dicom+json"
KEYS = """
    SELECT series_uid, metadata_key FROM catalogue.series
    WHERE site = %(site)s AND study_uid = %(study)s AND instance_count > 0
        AND metadata_key IS NOT NULL
"""
ALL = KEYS + " ORDER BY series_number NULLS LAST, series_uid"
ONE = KEYS + " AND series_uid = %(series)s"
HEADER = """
    SELECT c.header, c.transfer_syntax_uid, t.outcome = 'transcoded' AS copied
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
    WHERE c.site = %(site)s AND c.study_uid = %(study)s AND c.series_uid = %(series)s
        AND c.sop_uid = %(sop)s AND c.standing = 'presented'
"""
FAST = 1  # level of gzip, for what is joined while somebody waits


@router.get(SERIES + "/metadata")
def of_series(request: Request, credential: Bearer, place: Series) -> Response:
    """Give the headers of a series."""
    acceptable(request)
    with opened(request, credential, place) as (allowed, names):
        row = one(allowed.connection, ONE, names)
    tag = tagged(request, [row["metadata_key"]])
    return unchanged(request, tag) or packed(request, stored(request, row["metadata_key"]), tag)


@router.get(STUDY + "/metadata")
def of_study(request: Request, credential: Bearer, place: Study) -> Response:
    """Give the headers of a study."""
    acceptable(request)
    with opened(request, credential, place) as (allowed, names):
        rows = allowed.connection.execute(ALL.encode(), names).fetchall()
    if not rows:
        raise Hidden(Because.ABSENT)
    tag = tagged(request, [row["metadata_key"] for row in rows])
    if (known := unchanged(request, tag)) is not None:
        return known
    parts = (
        below(gzip.decompress(stored(request, row["metadata_key"])), f"series/{row['series_uid']}/")
        for row in rows
    )
    return packed(request, gzip.compress(joined(parts), FAST, mtime=0), tag)


@router.get(INSTANCE + "/metadata")
def of_instance(request: Request, credential: Bearer, place: Instance) -> Response:
    """Give the header of an instance."""
    acceptable(request)
    with opened(request, credential, place) as (allowed, names):
        row = one(allowed.connection, HEADER, names)
    told = served(unpacked(row["header"]), row["transfer_syntax_uid"], copied=bool(row["copied"]))
    return Response(joined([b"[" + told + b"]"]), media_type=JSON)


def acceptable(request: Request) -> None:
    """Make sure that JSON will do.

    Raises:
        HTTPException: it will not.

    """
    if accept.first_of(wishes(request), (JSON, "application/json")) is None:
        refuse_all_but(JSON)


def stored(request: Request, key: str) -> bytes:
    """Return a metadata object as it is stored: gzip."""
    storage = edges_of(request).storage
    try:
        with storage.open("derived", key) as file:
            return file.read()
    except FileNotFoundError:
        edge = "s3"  # the catalogue says that it is there
        raise EdgeDown(edge) from None


def tagged(request: Request, keys: Sequence[str]) -> str:
    """Return the entity tag of headers whose objects have `keys`: a new revision has a new key."""
    told = [*keys, str(zipped(request))]
    return f'"{sha256("|".join(told).encode()).hexdigest()}"'


def zipped(request: Request) -> bool:
    """Say whether gzip is understood."""
    return "gzip" in request.headers.get("accept-encoding", "")


def packed(request: Request, body: bytes, tag: str) -> Response:
    """Answer with `body`, which is gzip, as it is where gzip is understood."""
    headers = {"vary": "accept-encoding", "etag": tag}
    if zipped(request):
        return Response(body, media_type=JSON, headers={"content-encoding": "gzip", **headers})
    return Response(gzip.decompress(body), media_type=JSON, headers=headers)


def joined(arrays: Iterable[bytes]) -> bytes:
    """Return JSON arrays as one."""
    return b"[" + b",".join(inner for each in arrays if (inner := each[1:-1])) + b"]"
