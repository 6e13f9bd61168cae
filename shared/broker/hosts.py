"""From the setting `SCANPASS_AMQP_URL` to what pika connects with."""

from urllib.parse import urlsplit

import pika

HEARTBEAT = 10  # seconds; a silent peer is noticed 5 s later
BLOCKED = 30  # seconds a memory or disk alarm may hold a connection
DIAL = 5  # seconds for one TCP connection, one TLS handshake


def hosts(urls: str, name: str) -> list[pika.URLParameters]:
    """Return one set of parameters a host, under which the broker lists the connection as `name`.

    `urls` is one URL, several separated by commas, or one with several hosts in it.

    Raises:
        ValueError: that is no AMQP URL. The text never quotes it: it bears the password.

    """
    return [_parameters(url, name) for url in _split(urls)]


def _split(urls: str) -> list[str]:
    if urls.count("://") != 1:
        return [url.strip() for url in urls.split(",")]
    parts = urlsplit(urls.strip())
    user, at, addresses = parts.netloc.rpartition("@")
    return [
        parts._replace(netloc=user + at + address.strip()).geturl()
        for address in addresses.split(",")
    ]


def _parameters(url: str, name: str) -> pika.URLParameters:
    if not url.startswith(("amqp://", "amqps://")):
        msg = "not an AMQP URL (amqp://user:password@host:port/)"
        raise ValueError(msg)
    try:
        parameters = pika.URLParameters(url)
    except Exception:  # noqa: BLE001  pika raises whatever its parsing meets, with the URL in it
        msg = "not an AMQP URL (amqp://user:password@host:port/)"
        raise ValueError(msg) from None
    if parameters.virtual_host == "":
        parameters.virtual_host = "/"
    parameters.heartbeat = HEARTBEAT
    parameters.blocked_connection_timeout = BLOCKED
    parameters.socket_timeout = DIAL
    parameters.stack_timeout = 2 * DIAL
    parameters.connection_attempts = 1
    parameters.client_properties = {"connection_name": name}
    return parameters
