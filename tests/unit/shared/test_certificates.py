"""Certificates of real TLS servers are read, and their last day told."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from shared.certificates import End, ends, seconds_left, watch

DAY = 86400
Serve = Callable[[int], int]


class Settings(BaseSettings):
    """As a service has them."""

    amqp_url: SecretStr = SecretStr("amqps://u:p@one,two:5673/%2F")
    s3_endpoint: str = "http://127.0.0.1:8333"
    smtp_url: SecretStr = SecretStr("starttls://u:p@mail.example")
    portal_url: str = "https://scans.example"


def certificate(days: int, folder: Path) -> Path:
    """Return a file with a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=99))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{days}.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return what starts a TLS server whose certificate is good for so many days: its port."""
    with ExitStack() as stack:

        def start(days: int) -> int:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate(days, tmp_path))
            server = create_server(("127.0.0.1", 0))

            def answer() -> None:
                with suppress(OSError):
                    while True:
                        client, _ = server.accept()
                        with (
                            client,
                            suppress(OSError),
                            context.wrap_socket(client, server_side=True) as one,
                        ):
                            one.recv(1)

            thread = Thread(target=answer)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.close)
            stack.callback(server.shutdown, 2)
            return int(server.getsockname()[1])

        yield start


def told(edge: str) -> float | None:
    """Return the metric."""
    return REGISTRY.get_sample_value("scanpass_certificate_seconds", {"edge": edge})


def test_ends_are_those_that_speak_tls() -> None:
    """Of a cluster each node, with the scheme's own port; what is not TLS from the start is not."""
    assert ends(Settings()) == [
        End("broker", "one", 5671),
        End("broker", "two", 5673),
        End("portal", "scans.example", 443),
    ]


def test_an_expired_certificate_is_read_too(serve: Serve) -> None:
    """Nobody trusts it, so the day is read without trust."""
    assert -DAY - 60 < seconds_left(End("s3", "127.0.0.1", serve(-1))) < -DAY + 60


def test_the_first_to_end_is_told(serve: Serve) -> None:
    """Of an edge's servers the worst counts; one that is away changes nothing."""
    with create_server(("127.0.0.1", 0)) as gone:
        away = int(gone.getsockname()[1])
    asked = [End("x", "127.0.0.1", serve(days)) for days in (90, 20)]
    watch([*asked, End("x", "127.0.0.1", away), End("away", "127.0.0.1", away)])
    left = told("x")
    assert left is not None
    assert 20 * DAY - 60 < left <= 20 * DAY
    assert told("away") is None
