"""Text messages by an HTTP gateway that takes JSON."""

import json
import re
import ssl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

import structlog
from pydantic import SecretStr

from services.notify.channels import Refused
from services.notify.letter import Letter
from shared.errors import EdgeDown

log = structlog.get_logger()

NUMBER = re.compile(r"\+?[0-9]{4,15}")  # ITU-T E.164: at most 15 digits
WRITTEN = str.maketrans("", "", " \t\u00a0-/.()")  # how people space a number
TIMEOUT = 15.0  # seconds for connecting, and for each wait after it
# Answers that say nothing about the number: our token, or come again later.
ABOUT_US = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def gateway(url: str) -> SplitResult:
    """Read `https://host/path`.

    Raises:
        ValueError: it is no HTTP address.

    """
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname:
        msg = "must look like https://host/path"
        raise ValueError(msg)
    return split


class Sms:
    """The channel to a telephone: POST {to, text, id}, once more is known by its key."""

    def __init__(self, gateway: SplitResult, token: SecretStr) -> None:
        """Send through `gateway`, with `token` as bearer."""
        self.gateway, self.token = gateway, token

    def send(self, delivery: UUID, to: str, letter: Letter) -> None:
        """Hand the short form of `letter` to the gateway, see `Channel.send`."""
        number = to.translate(WRITTEN)
        if not NUMBER.fullmatch(number):
            code = "number-malformed"
            raise Refused(code)
        status = self.post(delivery, {"to": number, "text": letter.short, "id": str(delivery)})
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            if status not in ABOUT_US:
                code = f"sms-{status}"
                raise Refused(code)
            log.warning("sms_refused_us", code=status)
        edge = "sms"
        raise EdgeDown(edge)

    def post(self, delivery: UUID, body: dict[str, str]) -> int:
        """Return the gateway's answer, as a status."""
        connection = self.connection()
        try:
            connection.request(
                "POST",
                self.gateway.path or "/",
                json.dumps(body).encode(),
                {
                    "Authorization": f"Bearer {self.token.get_secret_value()}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": str(delivery),
                },
            )
            return connection.getresponse().status
        except (OSError, HTTPException):
            edge = "sms"
            raise EdgeDown(edge) from None
        finally:
            connection.close()

    def connection(self) -> HTTPConnection:
        """Return a connection that is not open yet."""
        host, port = self.gateway.hostname or "", self.gateway.port
        if self.gateway.scheme == "https":
            tls = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=TIMEOUT, context=tls)
        return HTTPConnection(host, port, timeout=TIMEOUT)
