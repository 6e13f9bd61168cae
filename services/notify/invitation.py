"""The way in that a letter shows: an invitation's code, for as long as nobody has claimed it."""

from datetime import timedelta

from services.notify.dispatch import Claim
from services.notify.letter import Way
from shared.access import codes
from shared.db import Database

PURPOSE = "invitation"
TERM = timedelta(days=30)

# One statement: a record that is claimed at this moment gets no code any more.
INVITE = """
INSERT INTO access.invitation (code_hash, record, site, channel, address, expires_at)
SELECT %(code_hash)s, %(record)s, %(site)s, %(channel)s, %(address)s,
       clock_timestamp() + %(term)s
WHERE NOT EXISTS (
    SELECT FROM access.claim WHERE claim.record = %(record)s AND claim.ended_at IS NULL
)
"""


class Invitations:
    """Mints a code for each letter, at the moment it is sent; only its keyed hash is kept."""

    def __init__(self, database: Database, portal: str, key: str) -> None:
        """Write into `database`; `portal` is the pages' public address, `key` the codes' key."""
        self.database, self.portal, self.key = database, portal, key

    def way(self, claim: Claim) -> Way:
        """Return how the patient of `claim` gets in; the code works once this has returned.

        A letter that is tried again bears another code. The older ones keep working until they
        expire, since a try that seemed to fail may have arrived.
        """
        code = codes.invitation()
        told = {
            "code_hash": codes.keyed(self.key, PURPOSE, code.replace("-", "")),
            "record": claim.record,
            "site": claim.site_code,
            "channel": claim.channel.value,
            "address": claim.to,
            "term": TERM,
        }
        with self.database.transaction() as connection:
            invited = connection.execute(INVITE, told).rowcount
        return Way(self.portal, code if invited else None)
