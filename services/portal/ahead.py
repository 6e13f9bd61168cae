"""The route that is asked most, answered before the app is entered. Pure ASGI."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from fastapi import FastAPI, Request
from fastapi.responses import Response
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
        self._state, self._handlers = app, app.exception_handlers
        self._route, self._answer = route, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        match = Match.NONE
        if scope["type"] == "http" and scope["method"] == "GET":
            match, named = self._route.matches(scope)
        if match is not Match.FULL:
            await self._app(scope, receive, send)
            return
        within = {**scope, **named, "app": self._state, "route": self._route}
        request = Request(within, receive)
        try:
            answer = await self._answer(request)
        except Exception as error:  # noqa: BLE001  there is a handler for what nobody foresaw
            handler = next(
                self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers
            )
            answer = cast("Response", handler(request, error))  # ours are plain functions
        await answer(within, receive, send)
