"""What every answer says to the browser, and which requests are nobody's own. Pure ASGI."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.portal.sharing import pdf

COMMON: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-robots-tag": "noindex",
}
NOBODY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
PAGES = NOBODY + "form-action 'self'; style-src 'self'; img-src 'self' data:; script-src 'self'"
# Decoders are WebAssembly, and run in workers that a bundler makes from blobs.
VIEWER = (
    NOBODY + "form-action 'none'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; font-src 'self'"
)
# OHIF puts style sheets into its page; its decoders, in workers, make functions of text. A worker
# obeys the policy that its own script came with.
OHIF = VIEWER.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
OHIF_PARTS = VIEWER.replace("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-eval'")
STATIC = "/static/"
SAFE = {"GET", "HEAD", "OPTIONS"}
LARGEST = 64 << 10  # bytes of a form
BRING = "/bring"
LARGEST_PIECE = 5 << 20  # bytes of a piece of a disc, and of the list of its files
# The one form that takes a file along.
WITH_FILE = re.compile(r"/v/[^/]+/answer")
LARGEST_FILE = pdf.LARGEST + LARGEST


def largest(path: str) -> int:
    """Return how many bytes a body may have that is sent to `path`."""
    if path == BRING or path.startswith(f"{BRING}/"):
        return LARGEST_PIECE
    return LARGEST_FILE if WITH_FILE.fullmatch(path) else LARGEST


class Guard:
    """Adds headers to every answer; refuses forms of other origins, and bodies past the limit."""

    def __init__(self, app: ASGIApp, policy: str, origin: str) -> None:
        """Guard `app`, whose pages are at `origin`, with Content-Security-Policy `policy`."""
        self._app = app
        told = {**COMMON, "content-security-policy": policy}
        self._headers = [(name.encode(), value.encode()) for name, value in told.items()]
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message.get("headers", ())
                names = {name.lower() for name, _ in said}
                kept = b"no-cache" if scope["path"].startswith(STATIC) else b"no-store"
                ours = (*self._headers, (b"cache-control", kept))
                more = [each for each in ours if each[0] not in names]
                message = {**message, "headers": [*said, *more]}
            await send(message)

        given = Headers(scope=scope)
        if scope["method"] not in SAFE and (wrong := self.refusal(given, largest(scope["path"]))):
            await PlainTextResponse(wrong.description + "\n", wrong)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    def refusal(self, given: Headers, most: int) -> HTTPStatus | None:
        """Return why a form is not taken: another site sent it, or it is too long."""
        site, origin = given.get("sec-fetch-site"), given.get("origin")
        # Under no-referrer a browser's own forms have the origin `null`; then the other header
        # says whose they are.
        if site not in {"same-origin", "none"} and (site or (origin and not self.own(origin))):
            return HTTPStatus.FORBIDDEN
        length = given.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            return HTTPStatus.LENGTH_REQUIRED
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if int(length) > most else None

    def own(self, origin: str) -> bool:
        """Say whether `origin` (RFC 6454 §6.2) is ours."""
        ours, theirs = urlsplit(self._origin), urlsplit(origin)
        return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
