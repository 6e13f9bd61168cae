"""services.portal.ahead: one route is answered before the app, and as the app would."""

from http import HTTPStatus

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.portal.ahead import Ahead


async def answer(request: Request) -> Response:
    """Say which app answers, and of what."""
    named = request.path_params["number"]
    if named == "0":
        raise KeyError
    if named == "1":
        raise ZeroDivisionError
    return PlainTextResponse(f"{request.app.state.name} {named}")


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.state.name = "ours"
    app.add_exception_handler(LookupError, lambda *_: JSONResponse({}, HTTPStatus.NOT_FOUND))
    app.add_exception_handler(Exception, lambda *_: JSONResponse({}, HTTPStatus.BAD_GATEWAY))
    app.add_api_route("/other", lambda: "the app's own")
    route = Route("/frames/{number}", answer)
    app.router.routes.insert(0, route)
    return TestClient(Ahead(app, route, answer), raise_server_exceptions=False)


def test_the_route_is_answered_with_the_apps_state(client: TestClient) -> None:
    """And with what the path names."""
    assert client.get("/frames/7").text == "ours 7"


@pytest.mark.parametrize(("number", "status"), [(0, 404), (1, 502)])
def test_what_goes_wrong_is_the_apps_to_answer(
    client: TestClient, number: int, status: int
) -> None:
    """By the handler of the error's kind, else of all."""
    assert client.get(f"/frames/{number}").status_code == status


def test_all_else_is_the_apps(client: TestClient) -> None:
    """Other paths, and other methods of the same."""
    assert client.get("/other").json() == "the app's own"
    assert client.post("/frames/7").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.get("/frames/7/8").status_code == HTTPStatus.NOT_FOUND
