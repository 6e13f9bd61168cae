"""Why the broker cannot be used, as a code: for the operator's eyes."""

from collections.abc import Mapping
from socket import gaierror

import pika
from pika.adapters.utils.connection_workflow import (
    AMQPConnectorException,
    AMQPConnectorStackTimeout,
)
from pika.exceptions import (
    AMQPConnectionError,
    IncompatibleProtocolError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    StreamLostError,
)

from shared.broker.hosts import hosts


def why_not(urls: str) -> str | None:
    """Return why no host of `urls` can be used, as a code, or None where one can."""
    try:
        parameters = hosts(urls, "scanpass probe")
    except ValueError:
        return "not-a-url"
    code: str | None = "not-a-url"
    for each in parameters:
        code = why_not_host(each)
        if code is None:
            break
    return code


def why_not_host(parameters: pika.URLParameters) -> str | None:
    """Return why one host cannot be used, as a code, or None."""
    try:
        pika.BlockingConnection(parameters).close()
    except (AMQPConnectionError, AMQPConnectorException, OSError) as error:
        return meaning(error)
    return None


MEANING: Mapping[type[BaseException], str] = {
    gaierror: "unknown-host",
    ConnectionRefusedError: "nobody-listens",
    TimeoutError: "silent",
    AMQPConnectorStackTimeout: "silent",  # TCP is there, and then nothing: frozen, or no broker
    ProbableAuthenticationError: "wrong-password",
    ProbableAccessDeniedError: "no-such-vhost",
    IncompatibleProtocolError: "other-server",
    StreamLostError: "other-server",
}


def meaning(error: BaseException) -> str:
    """Return the code of a failed connection; pika wraps the cause, sometimes twice."""
    for kind, code in MEANING.items():
        if isinstance(error, kind):
            return code
    inner = [each for each in (*error.args, getattr(error, "exception", None)) if each]
    for each in inner:
        if isinstance(each, BaseException):
            return meaning(each)
    return "unknown"


def version(urls: str) -> str:
    """Return the broker's product and version, as it introduces itself.

    Raises:
        AMQPError: it does not answer; ask `why_not` first.

    """
    with pika.BlockingConnection(hosts(urls, "scanpass probe")) as connection:
        said = connection._impl.server_properties  # noqa: SLF001  pika keeps it nowhere else
    return f"{said.get('product', '?')} {said.get('version', '?')}"
