"""When the canary of a hospital comes through, and how long ago the last one did."""

from shared import metrics
from shared.canary import is_canary
from shared.db import Connection, Database

# Of one that was sent again before it came, the first counts.
CAME = """
    UPDATE sites.canary SET came_at = clock_timestamp(), waiting_since = NULL,
        seconds = extract(epoch FROM clock_timestamp() - waiting_since)
    WHERE site = %s AND waiting_since IS NOT NULL
"""
AGES = """
    SELECT site, seconds,
        extract(epoch FROM clock_timestamp() - coalesce(came_at, waiting_since))::float8 AS age
    FROM sites.canary WHERE coalesce(came_at, waiting_since) IS NOT NULL
"""


def came(connection: Connection, site: str, study_uid: str) -> None:
    """Note that a study is available, where it is the canary's."""
    if is_canary(study_uid):
        connection.execute(CAME, (site,))


def measure(database: Database) -> bool:
    """Tell how the canaries fare; never is there more to do."""
    with database.transaction() as connection:
        rows = connection.execute(AGES).fetchall()
    metrics.CANARY_AGE.clear()  # a hospital may have none any more
    metrics.CANARY_SECONDS.clear()
    for row in rows:
        metrics.CANARY_AGE.labels(site=row["site"]).set(row["age"])
        if row["seconds"] is not None:
            metrics.CANARY_SECONDS.labels(site=row["site"]).set(row["seconds"])
    return False
