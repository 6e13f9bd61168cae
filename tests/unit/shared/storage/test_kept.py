"""shared.storage.kept: a whole answer, or an error; never a part of one."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.storage.kept import Kept

BODY = bytes(range(256)) * 1200  # longer than what one packet brings
HEAD = b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n\r\n" % len(BODY)
WHOLE = (HEAD + BODY,)
Answers = Sequence[Sequence[bytes]]
Wrap = Callable[[socket.socket], socket.socket]


@contextmanager
def server(connections: Sequence[Answers], wrap: Wrap = lambda each: each) -> Iterator[str]:
    """Serve: of each connection, for each request an answer, in pieces; then it is closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answers in connections:
            with suppress(OSError), wrap(listener.accept()[0]) as peer:
                for answer in answers:
                    peer.recv(1 << 16)
                    for piece in answer:
                        peer.sendall(piece)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10)
    listener.close()


def kept(endpoint: str, wait: float = 5.0) -> Kept:
    """Return connections to `endpoint`."""
    return Kept(urlsplit(endpoint), (5.0, wait), 4)


@pytest.mark.parametrize(
    "pieces",
    [WHOLE, (HEAD[:20], HEAD[20:] + BODY), (HEAD, BODY), (HEAD + BODY[:9], BODY[9:])],
)
def test_an_answer_is_whole_however_it_comes(pieces: Sequence[bytes]) -> None:
    """One connection bears two requests."""
    with server([[pieces, pieces]]) as endpoint:
        asked = kept(endpoint)
        assert [asked.ask(b"GET / HTTP/1.1\r\n\r\n", len(BODY)) for _ in "ab"] == 2 * [(206, BODY)]


def test_a_connection_that_was_closed_meanwhile_is_not_the_end() -> None:
    """The server closes after each answer, without having said so."""
    with server([[WHOLE], [WHOLE], [WHOLE]]) as endpoint:
        asked = kept(endpoint)
        assert [asked.ask(b"GET", len(BODY)) for _ in "abc"] == 3 * [(206, BODY)]


@pytest.mark.parametrize("pieces", [(HEAD[:30],), (HEAD,), (HEAD + BODY[:-1],), ()])
def test_a_part_of_an_answer_is_an_error(pieces: Sequence[bytes]) -> None:
    """Wherever it was cut."""
    with server([[pieces]]) as endpoint, pytest.raises(ConnectionError):
        kept(endpoint).ask(b"GET", len(BODY))


@pytest.mark.parametrize("came", [b"", HEAD, HEAD + BODY[:70_000]])
def test_silence_is_an_error(came: bytes) -> None:
    """Before the answer, and within it: the time that one waits is bounded."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked = kept(f"http://127.0.0.1:{listener.getsockname()[1]}", 0.1)

    def answer() -> None:
        with suppress(OSError), listener.accept()[0] as peer:
            peer.sendall(came)
            while peer.recv(1 << 16):
                pass  # until the other has gone

    thread = Thread(target=answer, daemon=True)
    thread.start()
    with pytest.raises(TimeoutError):
        asked.ask(b"GET", len(BODY))
    thread.join(10)
    assert not thread.is_alive()
    listener.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 206 OK\r\nContent-Length: 11\r\n\r\n12345678901",
        b"SSH-2.0\r\n\r\n",
    ],
)
def test_what_is_no_answer_of_known_length_is_not_taken(answer: bytes) -> None:
    """The caller asks in another way; ten bytes were asked for."""
    with server([[(answer,)]]) as endpoint:
        assert kept(endpoint).ask(b"GET", 10) is None


def test_an_answer_by_tls_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its server is known by a certificate."""
    certificate = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrap(peer: socket.socket) -> socket.socket:
        return context.wrap_socket(peer, server_side=True)

    with server([[WHOLE, (HEAD, BODY[:5], BODY[5:])]], wrap) as endpoint:
        asked = kept(endpoint.replace("http:", "https:"))
        assert [asked.ask(b"GET", len(BODY)) for _ in "ab"] == 2 * [(206, BODY)]


def certified(folder: Path) -> Path:
    """Return a key and a certificate for this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "store")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "store.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
