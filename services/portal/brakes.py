"""What an operator holds by hand here: then the page says so, and taking back still works."""

import re

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from services.portal.page import edges_of

# By which forms something is given, or opened that was given.
GIVES = re.compile(
    r"/scans/[^/]+/[^/]+/share|/consents|/shared/[^/]+/(code|link)|/viewers|/s|/s/open"
    r"|/take/[^/]+/code|/d|/staff/(find|open/[^/]+|requests)|/requests/[^/]+/approve"
)
# What goes on while the portal is held: signing in and out, looking, and taking back.
GOES_ON = re.compile(
    r"/signin(/[^/]+(/who)?)?|/l|/passkey(/answer)?|/identity|/signout|/language/[^/]+"
    r"|/staff/(signin|signout)"
    r"|.*/(look|end|end-others|narrow|decline)"
)


def stopped(held: frozenset[str], path: str) -> str | None:
    """Return by which brake a form that is sent to `path` is stopped. Pure."""
    if "portal" in held and not GOES_ON.fullmatch(path):
        return "portal"
    if "sharing" in held and GIVES.fullmatch(path):
        return "sharing"
    return None


class Stopped(Exception):
    """A form is not taken, because an operator holds `brake`."""

    def __init__(self, brake: str) -> None:
        """Keep which."""
        super().__init__(brake)
        self.brake = brake


async def going_on(request: Request) -> None:
    """Let a request on.

    Raises:
        Stopped: it is a form of what is held.

    """
    if request.method not in {"POST", "PUT"}:
        return
    held = await run_in_threadpool(edges_of(request).brakes.held)
    if (brake := stopped(held, request.url.path)) is not None:
        raise Stopped(brake)
