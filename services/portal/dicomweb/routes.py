"""DICOMweb (PS3.18), read only.

One router, mounted twice: under `/dicomweb/{root}` for who has a session, and under
`/v/{viewing}/dicomweb/{root}` for a viewer, which has no cookie.
"""

from fastapi import APIRouter
from starlette.routing import Route

from services.portal.dicomweb import gathered, metadata, retrieval, searching, whole
from services.portal.dicomweb.place import INSTANCE

__all__ = ["first", "router"]

router = APIRouter()
for each in (searching, metadata, retrieval, whole, gathered):
    router.include_router(each.router)


def first(prefix: str) -> Route:
    """Return the route that is asked most, to be looked at before all others.

    It reads its path itself. By FastAPI a frame took a millisecond of processor time more: two
    walks through all routes, and a table of parameters for each of its dependencies. What an app
    asks of all its routes does not count here: it is about forms.
    """
    route = Route(f"{prefix}{INSTANCE}/frames/{{numbers}}", retrieval.frames)
    route.methods = {"GET"}  # as the others; Starlette would take HEAD too
    return route
