"""What each server says of itself: version, encryption, or why it does not answer."""

from collections.abc import Iterator

from pydantic_settings import BaseSettings

from services.ops.mending import mend, place
from shared.broker import probe as broker_probe
from shared.config import BrokerSettings, DatabaseSettings, StorageSettings
from shared.db import Database, why_not
from shared.storage import probe as storage_probe

BUCKETS = ("drop", "archive", "derived", "quarantine")
ENCRYPTED, PLAIN = "encrypted", "not encrypted"
VOLUME = "not known: the volume's matter"


def asked(settings: BaseSettings) -> Iterator[dict[str, str]]:
    """Yield what each server of `settings` says: version, encryption, or why it does not answer."""
    if isinstance(settings, BrokerSettings):
        yield broker(settings)
    if isinstance(settings, StorageSettings):
        yield store(settings)
    if isinstance(settings, DatabaseSettings):
        yield database(settings)


def server(edge: str, url: str, code: str | None) -> dict[str, str]:
    """Return the line of a server that is not known to answer yet."""
    fault = mend(edge, code, place(url)) if code else ""
    return {
        "edge": edge,
        "where": place(url),
        "version": "",
        "transit": "",
        "at_rest": "",
        "fault": fault,
    }


def broker(settings: BrokerSettings) -> dict[str, str]:
    """Ask the broker."""
    url = settings.amqp_url.get_secret_value()
    code = broker_probe.why_not(url)
    line = server("broker", url, code)
    if code:
        return line
    return line | {
        "version": broker_probe.version(url),
        "transit": ENCRYPTED if url.startswith("amqps://") else PLAIN,
        "at_rest": VOLUME,
    }


def store(settings: StorageSettings) -> dict[str, str]:
    """Ask the object store; not every identity may list `drop`, which is no fault of the server."""
    code = storage_probe.why_not(settings)
    line = server("s3", settings.s3_endpoint, None if code == "not-let-in" else code)
    if line["fault"]:
        return line
    said = {bucket: storage_probe.encryption(settings, bucket) for bucket in BUCKETS}
    alike = set(said.values())
    return line | {
        "version": storage_probe.version(settings),
        "transit": ENCRYPTED if settings.s3_endpoint.startswith("https://") else PLAIN,
        "at_rest": alike.pop()
        if len(alike) == 1
        else ", ".join(f"{b}: {e}" for b, e in said.items()),
    }


ASKED = """
    SELECT current_setting('server_version') AS version,
           (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS ssl
"""


def database(settings: DatabaseSettings) -> dict[str, str]:
    """Ask the database."""
    url = settings.database_url.get_secret_value()
    code = why_not(url)
    line = server("database", url, code)
    if code:
        return line
    pool = Database(url, pool_size=1, name="ops")
    try:
        with pool.transaction() as connection:
            row = connection.execute(ASKED).fetchone() or {}
    finally:
        pool.close()
    return line | {
        "version": f"PostgreSQL {row['version']}",
        "transit": ENCRYPTED if row["ssl"] else PLAIN,
        "at_rest": VOLUME,
    }
