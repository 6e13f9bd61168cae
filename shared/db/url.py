"""Where the database is, and why it cannot be reached."""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SESSION = {
    "application_name": "scanpass",
    "connect_timeout": "5",  # seconds, for each host in the URL
    "target_session_attrs": "read-write",  # of several hosts, the primary
    "keepalives_idle": "10",  # seconds
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # milliseconds until a silent network is a broken connection
    "options": "-c statement_timeout=60s -c lock_timeout=20s"
    " -c idle_in_transaction_session_timeout=180s -c timezone=UTC"
    # The same for the server: what a host that vanished has locked would be locked for hours, and
    # in the middle of a statement no timeout of its own ends that.
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=20000",
}


def conninfo(url: str, name: str) -> str:
    """Return `url` with our timeouts, wherever it does not say otherwise itself.

    Raises:
        ValueError: `url` is no PostgreSQL URL.

    """
    try:
        return make_conninfo("", **{**SESSION, "application_name": name, **conninfo_to_dict(url)})
    except psycopg.Error:
        msg = "not a PostgreSQL URL (postgresql://user:password@host:port/database)"
        raise ValueError(msg) from None


# What libpq says before there is an SQLSTATE, and what it means.
SAID = (
    ("password authentication failed", "wrong-password"),
    ("no password supplied", "wrong-password"),
    ("does not exist", "no-such-database-or-role"),
    ("could not translate host name", "unknown-host"),
    ("failed to resolve host", "unknown-host"),
    ("no pg_hba.conf entry", "not-let-in"),
    ("too many clients", "too-many-connections"),
    ("starting up", "starting"),
    ("Connection refused", "nobody-listens"),
)


def why_not(url: str) -> str | None:
    """Return why the database cannot be used, as a code, or None where it can."""
    try:
        with psycopg.connect(conninfo(url, "scanpass")) as connection:
            connection.execute("SELECT 1")
    except ValueError:
        return "not-a-url"
    except psycopg.Error as error:
        return next((code for text, code in SAID if text in str(error)), "unreachable")
    return None
