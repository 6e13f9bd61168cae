"""shared.probes: alive, ready, counted; and the routes a service adds."""

import json
import socket
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from shared.config import MISCONFIGURED
from shared.probes import Probes

wrong: list[str] = []


def echo(body: bytes) -> tuple[int, str]:
    if body == b"fail":
        raise ZeroDivisionError
    return 202, body.decode()


@pytest.fixture
def probes() -> Iterator[Probes]:
    wrong.clear()
    one = Probes("127.0.0.1", 0, {"/readyz": lambda: wrong}, {"/echo": echo})
    yield one
    one.close()


def asked(probes: Probes, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    try:
        with urlopen(Request(f"http://127.0.0.1:{probes.port}{path}", body), timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_check_answers_with_what_is_wrong(probes: Probes) -> None:
    """200 while nothing is, 503 and the names otherwise."""
    assert asked(probes, "/readyz") == (200, json.dumps({"ok": True, "wrong": []}).encode())
    wrong.append("database")
    status, body = asked(probes, "/readyz")
    assert (status, json.loads(body)) == (503, {"ok": False, "wrong": ["database"]})


def test_metrics_are_there(probes: Probes) -> None:
    """In Prometheus's text format."""
    status, body = asked(probes, "/metrics")
    assert status == 200
    assert b"scanpass_messages_handled_total" in body


def test_a_route_gets_the_body(probes: Probes) -> None:
    """And says how it went; an error means: come again."""
    assert asked(probes, "/echo", b"hello") == (202, b"hello")
    assert asked(probes, "/echo", b"fail")[0] == 503


def test_what_is_not_there_is_not_found(probes: Probes) -> None:
    """By either method."""
    assert asked(probes, "/nothing")[0] == 404
    assert asked(probes, "/nothing", b"x")[0] == 404


@pytest.mark.parametrize("length", ["-1", "x", str(1 << 40), "٣"])
def test_a_body_of_no_or_absurd_length_is_refused(probes: Probes, length: str) -> None:
    """Before a byte of it is read."""
    with socket.create_connection(("127.0.0.1", probes.port), timeout=5) as client:
        head = f"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_is_no_trouble(
    probes: Probes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a request is dropped in silence."""
    with socket.create_connection(("127.0.0.1", probes.port), timeout=5) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\ncontent-length: 100\r\n\r\nabc")
    assert asked(probes, "/readyz")[0] == 200
    assert "Traceback" not in capsys.readouterr().err


def test_a_taken_port_is_named_in_one_line(
    probes: Probes, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how to mend it, and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        Probes("127.0.0.1", probes.port, {}, {})
    assert ended.value.code == MISCONFIGURED == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("SCANPASS_PROBE_HOST, SCANPASS_PROBE_PORT: ")
