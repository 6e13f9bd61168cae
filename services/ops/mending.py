"""What to say of an edge that is down: what is wrong, and how to mend it, in one line. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

ADDRESS: Mapping[str, str] = {
    "broker": "SCANPASS_AMQP_URL",
    "management": "SCANPASS_MANAGEMENT_URL",
    "database": "SCANPASS_DATABASE_URL",
    "s3": "SCANPASS_S3_ENDPOINT",
}
NAMED: Mapping[str, str] = {
    "broker": "the broker",
    "management": "the broker's management API",
    "database": "the database",
    "s3": "the object store",
}
SECRET: Mapping[str, str] = {**ADDRESS, "s3": "SCANPASS_S3_ACCESS_KEY and SCANPASS_S3_SECRET_KEY"}

# Code of a `why_not` → what is wrong; then how to mend it.
WRONG: Mapping[str, tuple[str, str]] = {
    "not-a-url": ("its URL cannot be read", "correct {address}"),
    "unknown-host": ("no host has the name in {where}", "correct the host in {address}"),
    "nobody-listens": ("nobody listens at {where}", "start the server, or correct {address}"),
    "silent": ("{where} does not answer", "look at the server and the network, or at {address}"),
    "wrong-password": ("{where} refuses this user and password", "correct {secret}"),
    "not-let-in": (
        "{where} knows this user and does not let it in",
        "grant it, or correct {secret}",
    ),
    "no-such-vhost": (
        "{where} has no such virtual host, or not for this user",
        "correct the path in {address}",
    ),
    "no-such-database-or-role": (
        "{where} has no such database or user",
        "run `scanpass db migrate`, or correct {address}",
    ),
    "no-such-bucket": ("{where} has no bucket `drop`", "make the buckets, or correct {address}"),
    "too-many-connections": ("{where} has no connection left", "wait, or raise its limit"),
    "starting": ("{where} is starting up", "wait a few seconds"),
    "other-server": ("something else answers at {where}", "correct {address}"),
}
UNKNOWN = ("{where} does not serve us", "look at the server's own log, or correct {address}")


def mend(edge: str, code: str, where: str) -> str:
    """Return one line: which edge at `where` (host:port) is down, why, and how to mend it."""
    wrong, how = WRONG.get(code, UNKNOWN)
    words = {
        "where": where or "the server",
        "address": ADDRESS.get(edge, "its address"),
        "secret": SECRET.get(edge, "its password"),
    }
    return f"{NAMED.get(edge, edge)} is down: {wrong} - {how}".format(**words)


def place(url: str) -> str:
    """Return `host:port` of a URL (several hosts with commas), without user and password."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
