"""Addresses of the viewer: for one session, one patient, and a while."""

from datetime import timedelta

from services.portal.reading import Opened
from shared.access import codes

OPEN = """
    INSERT INTO access.viewing (secret_hash, session, patient, ends_at)
    SELECT %s, %s, person, clock_timestamp() + %s
    FROM access.claim WHERE record = %s AND ended_at IS NULL
"""


def view(opened: Opened, hours: float) -> str:
    """Return the secret of a new viewing of the patient whose study was opened."""
    token = codes.token()
    given = (codes.hashed(token), opened.reader.session, timedelta(hours=hours), opened.record)
    opened.connection.execute(OPEN, given)
    return token
