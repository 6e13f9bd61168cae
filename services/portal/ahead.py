"""The route that is asked most, answered before the app is entered. Pure ASGI."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class Ahead:
    """Answers one route of `app`; all else is the app's.

    FastAPI has eight layers around each of its routes, and each of their messages goes through
    four of them: of a frame that was a fifth of what Python did. What goes wrong here is answered
    by the app's own handlers.
    """

    def __init__(self, app: FastAPI, route: Route, answer: Answer) -> None:
        """Stand before `app`, which knows `route` as well."""
        self._app: ASGIApp = app
        self._state, self._route, self._answer = app, route, answer
        known = dict(app.exception_handlers)
        unforeseen = known.pop(Exception, None)
        self._answering = ServerErrorMiddleware(
            ExceptionMiddleware(self._answered, known),
            handler=unforeseen,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        match = Match.NONE
        if scope["type"] == "http" and scope["method"] == "GET":
            match, named = self._route.matches(scope)
        if match is not Match.FULL:
            await self._app(scope, receive, send)
            return
        within = {**scope, **named, "app": self._state, "route": self._route}
        await self._answering(within, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)
