"""portal.cors: viewers of other origins may read DICOMweb by an address, and no page."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from services.portal import cors
from services.portal.headers import VIEWER, Guard

ORIGIN = {"origin": "https://viewer.example"}


def empty() -> list[str]:
    """Answer with nothing."""
    return []


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    for path in ("/v/{viewing}/dicomweb/me/studies", "/v/{viewing}"):
        app.add_api_route(path, empty)
    return TestClient(Guard(cors.Shared(app), VIEWER, "http://testserver"))


def test_dicomweb_is_read_by_any_origin(client: TestClient) -> None:
    """Without credentials; what is refused too, so that a viewer can say why."""
    for path in ("/v/x/dicomweb/me/studies", "/v/x/dicomweb/nothing"):
        answer = client.get(path, headers=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in answer.headers


def test_who_asks_before_is_told(client: TestClient) -> None:
    """An Accept header with quotes makes a browser ask."""
    answer = client.options("/v/x/dicomweb/me/studies", headers=ORIGIN)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "accept" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", ["/v/x", "/v/x/y/dicomweb/me/studies", "/static/dicomweb/x"])
def test_pages_are_for_their_own_origin(client: TestClient, path: str) -> None:
    """Whatever stands in their path."""
    answer = client.get(path, headers=ORIGIN)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
