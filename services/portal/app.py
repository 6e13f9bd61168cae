"""The two apps: pages with a session, and the viewer's origin that knows only viewings."""

from http import HTTPStatus
from pathlib import Path

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.portal import brakes, cors, headers
from services.portal.ahead import Ahead
from services.portal.bring import routes as bring
from services.portal.dicomweb import retrieval
from services.portal.dicomweb.routes import first
from services.portal.dicomweb.routes import router as dicomweb
from services.portal.edges import Edges
from services.portal.fhir import bundles
from services.portal.fhir import routes as fhir
from services.portal.files import Files
from services.portal.measuring import Measured
from services.portal.page import PAUSED, fresh_reference, problem
from services.portal.pages import languages, looked, ohif, picture, scans, viewings
from services.portal.pages import viewer as viewing
from services.portal.reading import Hidden
from services.portal.sharing import routes as sharing
from services.portal.sharing.cuts import Cut, Flow
from services.portal.sharing.routes import answering, shown
from services.portal.signin import routes as signin
from services.portal.staff import routes as staff
from services.portal.take import routes as take
from services.portal.take import there
from shared.access import Because
from shared.errors import EdgeDown
from shared.logs import told

log = structlog.get_logger()

# Pages of someone who is signed in.
PERSONAL = (
    *("/scans", "/looked", "/settings", "/helpers", "/wish", "/contact"),
    *("/shared", "/consents", "/take", "/viewers", "/bring", "/requests", "/answers"),
)
STATIC = Path(__file__).parent / "static"


def pages(edges: Edges) -> ASGIApp:
    """Return the origin that people sign in to."""
    app = bare(edges)
    app.router.dependencies.append(Depends(brakes.going_on))
    routers = (signin, sharing, scans, picture, looked, languages, take, there, bring, staff)
    for each in routers:
        app.include_router(each.router)
    ahead = with_dicomweb(app, "/dicomweb/{root}")
    app.include_router(fhir.router, prefix="/fhir/{root}")
    # Where a form may lead in the end counts too: to the viewer.
    policy = headers.PAGES.replace(
        "form-action 'self'", f"form-action 'self' {edges.settings.viewer_url}"
    )
    # A program's secret in a header reads here too.
    guarded = headers.Guard(Flow(ahead, edges.cuts), policy, edges.settings.portal_url)
    return Measured(guarded, "pages")


def viewer(edges: Edges) -> ASGIApp:
    """Return the viewer's origin: no cookie is read or set here."""
    app = bare(edges)
    app.include_router(shown.router)
    app.include_router(answering.router)
    app.include_router(viewings.router)
    app.include_router(viewing.router)
    app.include_router(ohif.router)
    ahead = with_dicomweb(app, "/v/{viewing}/dicomweb/{root}")
    flow = Flow(cors.Shared(ahead), edges.cuts)
    guarded = headers.Guard(flow, headers.VIEWER, edges.settings.viewer_url)
    return Measured(guarded, "viewer")


def with_dicomweb(app: FastAPI, prefix: str) -> Ahead:
    """Answer DICOMweb under `prefix` too; return what stands before the app then."""
    app.include_router(dicomweb, prefix=prefix)
    frames = first(prefix)
    app.router.routes.insert(0, frames)
    return Ahead(app, frames, retrieval.frames)


def bare(edges: Edges) -> FastAPI:
    """Return an app without routes, that knows how to answer what goes wrong."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.edges = edges
    app.mount("/static", Files(directory=STATIC), name="static")
    app.add_exception_handler(Hidden, hidden)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(EdgeDown, away)
    app.add_exception_handler(brakes.Stopped, held)
    app.add_exception_handler(Exception, broken)
    return app


def hidden(request: Request, error: Exception) -> Response:
    """Answer alike for what is not there and what is not theirs; who is signed out may sign in."""
    signed_out = isinstance(error, Hidden) and error.because is Because.SIGNED_OUT
    if signed_out and request.url.path.startswith(PERSONAL):
        return RedirectResponse("/signin", HTTPStatus.SEE_OTHER)
    return failed(request, HTTPStatus.NOT_FOUND)


def refused(request: Request, error: Exception) -> Response:
    """Answer with the status that a route chose."""
    if not isinstance(error, HTTPException):
        return failed(request, HTTPStatus.BAD_REQUEST)
    answer = failed(request, HTTPStatus(error.status_code), sentence=error.detail)
    answer.headers.update(error.headers or {})
    return answer


def malformed(request: Request, _error: Exception) -> Response:
    """Answer what no route can read."""
    return failed(request, HTTPStatus.BAD_REQUEST)


def away(request: Request, error: Exception) -> Response:
    """Answer while the database or the store is down: never a stale yes."""
    log.warning("portal_edge_down", edge=str(error))
    return failed(request, HTTPStatus.SERVICE_UNAVAILABLE)


def held(request: Request, error: Exception) -> Response:
    """Answer a form of what an operator holds by hand."""
    words = PAUSED["sharing" if str(error) == "sharing" else "portal"]
    answer = problem(request, HTTPStatus.SERVICE_UNAVAILABLE, fresh_reference(), words)
    answer.headers["retry-after"] = "600"
    return answer


def broken(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw. What was cut has been answered in part, and gets no more."""
    if isinstance(error, Cut):
        log.info("reading_cut", route=getattr(request.scope.get("route"), "path", ""))
        return Response(status_code=HTTPStatus.NOT_FOUND)
    return failed(request, HTTPStatus.INTERNAL_SERVER_ERROR, error)


def failed(
    request: Request,
    status: HTTPStatus,
    error: Exception | None = None,
    sentence: str | None = None,
) -> Response:
    """Return a page, or JSON for programs, that bears a reference which also stands in the log."""
    reference = fresh_reference()
    route = getattr(request.scope.get("route"), "path", "")  # a pattern, never what was asked
    if error is None:
        log.info("request_refused", reference=reference, status=int(status), route=route)
    else:
        log.error("request_failed", reference=reference, route=route, error=told(error))
    if of_program(request):
        message = sentence or status.phrase
        if request.url.path.startswith("/fhir/"):
            body = bundles.outcome(int(status), message, reference)
            return JSONResponse(body, int(status), media_type=fhir.JSON)
        return JSONResponse({"reference": reference, "message": message}, int(status))
    return problem(request, status, reference)


def of_program(request: Request) -> bool:
    """Say whether a program asks, and not a person's browser."""
    return "/dicomweb/" in request.url.path or request.url.path.startswith("/fhir/")
