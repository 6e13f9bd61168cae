"""The routes that the running app knows, asked of the app itself."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

from services.portal import app

if TYPE_CHECKING:
    from services.portal.edges import Edges

URL = "http://127.0.0.1:1"


def routes() -> tuple[set[str], set[str]]:
    """Return the paths of the pages' origin and of the viewer's, as patterns."""
    settings = SimpleNamespace(portal_url=URL, viewer_url=URL)
    edges = cast("Edges", SimpleNamespace(settings=settings, cuts=None))
    return paths(app.pages(edges)), paths(app.viewer(edges))


def paths(guarded: Any) -> set[str]:  # noqa: ANN401  an ASGI app around an ASGI app
    """Return the paths of the app within `guarded`.

    Raises:
        TypeError: there is a kind of route that nobody here has thought of.

    """
    found, inner = set(), guarded
    while not isinstance(inner, FastAPI):
        inner = inner._app  # noqa: SLF001  told of nowhere else
    for each in iter_route_contexts(inner.routes):
        if not isinstance(each.original_route, Route | Mount) or each.path is None:
            raise TypeError(type(each.original_route))
        found.add(each.path)
    return found
