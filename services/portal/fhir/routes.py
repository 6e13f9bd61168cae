"""FHIR R4 under `/fhir/{root}`: read and search, JSON, of what may be listed."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.portal.dicomweb import accept
from services.portal.dicomweb.answers import bearer, in_words, refuse_all_but, wishes
from services.portal.dicomweb.place import ME, Place, Root
from services.portal.facts import Credential
from services.portal.fhir import bundles, mapping
from services.portal.fhir.asking import Asked, asked
from services.portal.fhir.coding import Json
from services.portal.fhir.finding import Finder
from services.portal.fhir.queries import KNOWN
from services.portal.page import edges_of
from services.portal.reading import Hidden
from shared.access import Because

router = APIRouter()
Bearer = Annotated[Credential, Depends(bearer)]

JSON = "application/fhir+json"
FORMATS = {"json", JSON, "application/json"}  # of `_format` (https://hl7.org/fhir/R4/http.html)
OWN = {"Consent", "AuditEvent"}  # of the reader alone: nothing is listed of studies by these


@router.get("/metadata")
def capability(request: Request, place: Root) -> Response:
    """Say what can be asked here; of nobody's data."""
    acceptable(request)
    return answer(bundles.capability(base(request, place)))


@router.get("/{kind}")
def search(request: Request, credential: Bearer, place: Root, kind: str) -> Response:
    """Find resources of one type."""
    acceptable(request)
    known = KNOWN.get(kind)
    if known is None:
        raise Hidden(Because.ABSENT)
    with in_words():
        wish = asked(request.query_params.multi_items(), known)
    found = find(request, credential, place, kind, wish)
    more = len(found) > wish.count
    following = wish.offset + wish.count if more else None
    address = f"{base(request, place)}/{kind}"
    return answer(bundles.searchset(address, found[: wish.count], wish.said, following))


@router.get("/{kind}/{name}")
def read(request: Request, credential: Bearer, place: Root, kind: str, name: str) -> Response:
    """Give one resource."""
    acceptable(request)
    known = KNOWN.get(kind)
    if known is None or "," in name:
        raise Hidden(Because.ABSENT)
    with in_words():
        wish = asked([("_id", name)], known)
    found = find(request, credential, place, kind, wish)
    if not found:
        raise Hidden(Because.ABSENT)
    return answer(found[0])


def find(
    request: Request, credential: Credential, place: Place, kind: str, wish: Asked
) -> list[Json]:
    """Return resources of one type; what is listed of a record stands in its log.

    Raises:
        Hidden: nobody is signed in, or they may not have these.

    """
    edges, site = edges_of(request), None if place.root == ME else place.root
    portal = edges.settings.portal_url.rstrip("/")
    if kind in OWN:
        with edges.reading.visible(credential) as visible:
            return Finder(visible, place.root, portal).find(kind, wish)
    with edges.reading.listed(credential, site) as visible:
        request.state.guest = visible.reader.guest  # see `Flow`
        finder = Finder(visible, place.root, portal)
        if kind != "Endpoint":
            return finder.find(kind, wish)
        named = [value.split(",") for name, value in wish.said if name == "_id"]
        here = mapping.endpoint(place.root, finder.dicomweb)
        return [here] if all(place.root in each for each in named) else []


def base(request: Request, place: Place) -> str:
    """Return the public address of the root that is asked."""
    return f"{edges_of(request).settings.portal_url.rstrip('/')}/fhir/{place.root}"


def acceptable(request: Request) -> None:
    """Make sure that JSON will do; `_format` counts before the header.

    Raises:
        HTTPException: 406, it will not; 400, the header cannot be read.

    """
    said = request.query_params.get("_format")
    if said is not None and said.split(";")[0].strip() not in FORMATS:
        refuse_all_but(JSON)
    if said is None and accept.first_of(wishes(request), (JSON, "application/json")) is None:
        refuse_all_but(JSON)


def answer(resource: Json) -> Response:
    """Answer with a resource."""
    return JSONResponse(resource, HTTPStatus.OK, media_type=JSON)
