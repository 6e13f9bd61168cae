"""Viewers of other origins may read DICOMweb by an address that bears a secret. Pure ASGI.

No cookie is read there, so that whoever asks brings all that it takes; pages are never shared.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHARED = re.compile(r"/v/[^/]+/dicomweb/.*")
ANYBODY = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
# Of Accept, quotes are not safelisted (Fetch §2.2.2): browsers ask before.
PREFLIGHT = ANYBODY | {
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "accept, if-none-match, if-range, range",
    "access-control-max-age": "600",
}
EXPOSED = "accept-ranges, content-range, etag, warning"
SAID = {
    name.encode(): value.encode()
    for name, value in (ANYBODY | {"access-control-expose-headers": EXPOSED}).items()
}


class Shared:
    """Adds to answers of DICOMweb that any origin may read them, and answers who asks before."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the viewer's app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http" or not SHARED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "origin" in Headers(scope=scope):
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [each for each in message.get("headers", ()) if each[0] not in SAID]
                message = {**message, "headers": [*kept, *SAID.items()]}
            await send(message)

        await self._app(scope, receive, sending)
