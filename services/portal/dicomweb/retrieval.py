"""WADO-RS frames and pictures (PS3.18 §10.4)."""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.portal.dicomweb import accept, parameters
from services.portal.dicomweb.answers import (
    Pieces,
    bearer,
    credential_of,
    in_words,
    refuse_all_but,
    wishes,
)
from services.portal.dicomweb.finding import instance, one, opened
from services.portal.dicomweb.instances import FIRST, ONE, SHOWN
from services.portal.dicomweb.multipart import related
from services.portal.dicomweb.place import (
    INSTANCE,
    SERIES,
    STUDY,
    Instance,
    Place,
    Series,
    Study,
)
from services.portal.facts import Credential
from services.portal.page import edges_of
from shared.dicom.coding import NATIVE

router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]

# Of their own: what Starlette sends through threads waits for a limit, and takes its context along.
READERS = ThreadPoolExecutor(32, "frames")
THUMBNAIL = 256  # pixels of the longer side
PICTURES = ("image/jpeg", "image/png")
KEY = """
    SELECT metadata_key FROM catalogue.series WHERE site = %(site)s AND study_uid = %(study)s
        AND series_uid = %(series)s AND instance_count > 0 AND metadata_key IS NOT NULL
"""


async def frames(request: Request) -> Response:
    """Give frames: as stored, or as native pixels."""
    return await get_running_loop().run_in_executor(READERS, asked_frames, request)


def asked_frames(request: Request) -> Response:
    """Read frames, and answer with them."""
    named = request.path_params
    credential = credential_of(request)
    place = Place(named["root"], named["study"], named["series"], named["sop"])
    wished = wishes(request)
    with in_words():
        asked = parameters.frame_numbers(named["numbers"])
        served = instance(request, credential, place)
        pictures, syntax = edges_of(request).pictures, served.syntax
        form = accept.of_frames(wished, syntax, native=syntax in NATIVE, one=len(asked) == 1)
        if form is None:
            refuse_all_but(f"transfer-syntax={syntax} or {accept.EXPLICIT_LITTLE}")
        found = (pictures.decoded if form.decoded else pictures.stored)(served, asked)
    if not form.multipart:
        return Pieces(found, form.part)
    return Pieces(*related(found, form.media, form.part))


@router.get(INSTANCE + "/rendered")
def rendered(request: Request, credential: Bearer, place: Instance) -> Response:
    """Draw an instance, of several frames the first."""
    return drawn(request, credential, place)


@router.get(INSTANCE + "/frames/{numbers}/rendered")
def rendered_frame(request: Request, credential: Bearer, place: Instance, numbers: str) -> Response:
    """Draw one frame."""
    with in_words():
        (number,) = parameters.frame_numbers(numbers)[:1]
    return drawn(request, credential, place, number)


@router.get(INSTANCE + "/thumbnail")
def thumbnail(request: Request, credential: Bearer, place: Instance) -> Response:
    """Draw an instance small."""
    return drawn(request, credential, place, longest=THUMBNAIL)


@router.get(INSTANCE + "/frames/{numbers}/thumbnail")
def thumbnail_frame(
    request: Request, credential: Bearer, place: Instance, numbers: str
) -> Response:
    """Draw one frame small."""
    with in_words():
        (number,) = parameters.frame_numbers(numbers)[:1]
    return drawn(request, credential, place, number, longest=THUMBNAIL)


@router.get(STUDY + "/rendered")
def rendered_study(request: Request, credential: Bearer, place: Study) -> Response:
    """Draw the first picture of a study."""
    return drawn(request, credential, place, query=SHOWN)


@router.get(STUDY + "/thumbnail")
def thumbnail_study(request: Request, credential: Bearer, place: Study) -> Response:
    """Draw the first picture of a study small."""
    return drawn(request, credential, place, query=SHOWN, longest=THUMBNAIL)


@router.get(SERIES + "/rendered")
def rendered_series(request: Request, credential: Bearer, place: Series) -> Response:
    """Draw the first instance of a series."""
    return drawn(request, credential, place, query=FIRST)


@router.get(SERIES + "/thumbnail")
def thumbnail_series(request: Request, credential: Bearer, place: Series) -> Response:
    """Give the picture of a series with most detail, as it was made when it arrived."""
    if accept.first_of(wishes(request), PICTURES[:1]) is None or request.query_params:
        return drawn(request, credential, place, query=FIRST, longest=THUMBNAIL)
    with opened(request, credential, place) as (allowed, names):
        row = one(allowed.connection, KEY, names)
    key = f"{row['metadata_key'].rpartition('/')[0]}/thumbnail.jpg"
    try:
        with edges_of(request).storage.open("derived", key) as file:
            return Response(file.read(), media_type=PICTURES[0])
    except FileNotFoundError:
        return drawn(request, credential, place, query=FIRST, longest=THUMBNAIL)


def drawn(  # noqa: PLR0913  each says which picture
    request: Request,
    credential: Credential,
    place: Place,
    number: int = 0,
    *,
    query: str = ONE,
    longest: int | None = None,
) -> Response:
    """Draw the frame `number`, from 0, of an instance; at most `longest` pixels long."""
    media = accept.first_of(wishes(request), PICTURES)
    if media is None:
        refuse_all_but("image/jpeg or image/png")
    with in_words():
        how = parameters.drawing(dict(request.query_params), png=media == "image/png")
        if longest:
            how = replace(how, width=how.width or longest, height=how.height or longest)
        served = instance(request, credential, place, query)
        picture = edges_of(request).pictures.drawn(served, number, how)
    return Response(picture, media_type=media)
