"""How long the certificates of the servers that a process talks to are still good.

Only the day is read here. Whether a certificate may be trusted is for whoever connects to work.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from cryptography import x509
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from shared import metrics

log = structlog.get_logger()

TIMEOUT = 3.0  # seconds for one end
# The settings that name a server, and what it is called in the metric. A mail server by STARTTLS,
# and PostgreSQL, begin without TLS: they are not asked.
EDGES: Mapping[str, str] = {
    "amqp_url": "broker",
    "s3_endpoint": "s3",
    "smtp_url": "smtp",
    "sms_gateway_url": "sms",
    "portal_url": "portal",
    "viewer_url": "viewer",
    "identity_issuer": "identity",
}
PORTS: Mapping[str, int] = {"https": 443, "amqps": 5671, "smtps": 465}  # by TLS from the first byte


@dataclass(frozen=True, order=True)
class End:
    """One server that speaks TLS."""

    edge: str
    host: str
    port: int


def ends(settings: BaseSettings) -> list[End]:
    """Return the servers that a process is configured for and that speak TLS."""
    found = set()
    for name, edge in EDGES.items():
        value = getattr(settings, name, "")
        url = value.get_secret_value() if isinstance(value, SecretStr) else value
        found |= {End(edge, *place) for place in places(url)}
    return sorted(found)


def places(urls: str) -> Iterator[tuple[str, int]]:
    """Yield host and port of each TLS address in `urls`: one URL, or a cluster's, by commas.

    >>> list(places("amqps://u:p@a,b:5673/"))
    [('a', 5671), ('b', 5673)]
    """
    scheme, _, rest = urls.partition("://")
    if scheme not in PORTS:
        return
    for each in rest.split(","):
        parts = urlsplit(f"//{each.strip().removeprefix(f'{scheme}://')}")
        if parts.hostname:
            yield parts.hostname, parts.port or PORTS[scheme]


def seconds_left(end: End) -> float:
    """Return how long the certificate of a server is still good, in seconds.

    Raises:
        OSError: the server does not answer, or not by TLS.

    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((end.host, end.port), TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=end.host) as encrypted,
    ):
        certificate = x509.load_der_x509_certificate(encrypted.getpeercert(binary_form=True) or b"")
    return certificate.not_valid_after_utc.timestamp() - time.time()


def watch(asked: Sequence[End]) -> bool:
    """Tell for each edge how long the certificate that ends first is good; never is there more.

    A server that cannot be reached from here (a policy of the network, say) is told by nobody:
    that it is away is for others to say.
    """
    found: dict[str, float] = {}
    for end in asked:
        try:
            left = seconds_left(end)
        except (OSError, ValueError) as error:
            log.info("certificate_not_read", edge=end.edge, error=type(error).__name__)
            continue
        found[end.edge] = min(left, found.get(end.edge, left))
    for edge, left in found.items():
        metrics.CERTIFICATE.labels(edge=edge).set(left)
    return False
