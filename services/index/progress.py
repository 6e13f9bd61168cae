"""What operators see of studies: how many still arrive, since when, and how many are held."""

from shared import metrics
from shared.db import Database
from shared.events import Held

# Both by their partial indexes: what is through is not looked at.
ARRIVING = """
    SELECT site, count(study_uid) AS studies, coalesce(
        extract(epoch FROM clock_timestamp() - min(waiting_since)), 0)::float8 AS oldest
    FROM sites.site LEFT JOIN (
        SELECT site, study_uid, waiting_since FROM catalogue.study WHERE due_at IS NOT NULL
    ) AS arriving USING (site) GROUP BY site
"""
HELD = """
    SELECT held_because, count(*) AS studies FROM told.study
    WHERE review_at IS NOT NULL AND held_because IS NOT NULL GROUP BY held_because
"""


def measure(database: Database) -> None:
    """Tell it."""
    with database.transaction() as connection:
        arriving = connection.execute(ARRIVING).fetchall()
        held = {row["held_because"]: row["studies"] for row in connection.execute(HELD)}
    metrics.STUDIES_ARRIVING.clear()  # a hospital may be no more
    metrics.STUDY_OLDEST.clear()
    for row in arriving:
        metrics.STUDIES_ARRIVING.labels(site=row["site"]).set(row["studies"])
        metrics.STUDY_OLDEST.labels(site=row["site"]).set(row["oldest"])
    for because in Held:
        metrics.STUDIES_HELD.labels(because=because.value).set(held.get(because.value, 0))
