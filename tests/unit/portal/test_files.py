"""services.portal.files: what the browser has, or can unpack, is not sent again in full."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.portal import headers
from services.portal.files import FOR_EVER, Files

Get: TypeAlias = Callable[..., object]
CONTENT = b"let a = 1;\n" * 200
PACKED, AS_BROTLI = gzip.compress(CONTENT), b"as brotli has it"
HASHED = ("viewer/parts/full-CqqCaK4o.js", "ohif/89.bundle.b327bf3664812958.js")
PLAIN = ("viewer/viewer.js", "ohif/app.js", "style.css")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Return a browser of a folder with files and their compressed copies."""
    for name in (*HASHED, *PLAIN):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    viewer = tmp_path / PLAIN[0]
    viewer.with_name("viewer.js.gz").write_bytes(PACKED)
    viewer.with_name("viewer.js.br").write_bytes(AS_BROTLI)
    app = Starlette()
    app.mount("/static", Files(directory=tmp_path))
    return TestClient(headers.Guard(app, headers.VIEWER, "http://viewer"))


@pytest.mark.parametrize(
    ("taken", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("gzip", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0.0", None),
        ("*", None),
        ("", None),
    ],
)
def test_a_coding_is_one_that_the_browser_names(
    client: TestClient, taken: str, coding: str | None
) -> None:
    """The dearest of them; else the file as it is."""
    with client.stream("GET", f"/static/{PLAIN[0]}", headers={"accept-encoding": taken}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(body)
    assert body == {"gzip": PACKED, "br": AS_BROTLI, None: CONTENT}[coding]


def test_each_coding_has_a_tag_of_its_own(client: TestClient) -> None:
    """What a browser holds is confirmed, and not sent; the tag of another coding is none."""
    asked = f"/static/{PLAIN[0]}"
    tags = [
        client.get(asked, headers={"accept-encoding": each}).headers["etag"]
        for each in ("gzip", "x")
    ]
    again = {"accept-encoding": "gzip", "if-none-match": tags[0]}
    assert client.get(asked, headers=again).status_code == 304
    assert client.get(asked, headers={**again, "if-none-match": tags[1]}).status_code == 200


def test_only_what_bears_its_hash_is_kept_for_ever(client: TestClient) -> None:
    """The rest is asked for again each time."""
    for name in HASHED:
        assert client.get(f"/static/{name}").headers["cache-control"] == FOR_EVER
    for name in PLAIN:
        assert client.get(f"/static/{name}").headers["cache-control"] == "no-cache"


def test_only_ohifs_workers_may_make_functions_of_text(client: TestClient) -> None:
    """Also when the browser is told that nothing has changed."""
    parts = client.get(f"/static/{HASHED[1]}")
    assert "'unsafe-eval'" in parts.headers["content-security-policy"]
    again = client.get(f"/static/{HASHED[1]}", headers={"if-none-match": parts.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == headers.OHIF_PARTS
    own = client.get(f"/static/{HASHED[0]}")
    assert own.headers["content-security-policy"] == headers.VIEWER
    assert "'unsafe-eval'" not in headers.VIEWER + headers.OHIF


@pytest.mark.parametrize("name", ["../files.py", "%2e%2e/files.py", "viewer", "none.js"])
def test_nothing_else_is_there(client: TestClient, name: str) -> None:
    """No folder, nothing above."""
    assert client.get(f"/static/{name}").status_code == 404
