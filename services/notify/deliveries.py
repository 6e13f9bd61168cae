"""The table of deliveries: what is owed, due, sent or failed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from services.notify import digests
from services.notify.dispatch import Claim
from services.notify.handler import STUDIES_RELEASED, Debt, Pace
from services.notify.letter import Patient, Picture, Site
from shared import outbox
from shared.db import Connection, Database, Row
from shared.events import Channel, Event, NotificationFailed, NotificationSent

SCHEMA = "notify"
LOGO_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/svg+xml"})

OWE = """
INSERT INTO notify.delivery (delivery, kind, site, study_uid, record, event_id, release, state,
       reference)
SELECT %(delivery)s, %(kind)s, %(site)s, %(study_uid)s, %(record)s, %(event_id)s, %(release)s,
       CASE WHEN EXISTS (SELECT FROM notify.reachable WHERE record = %(record)s)
            THEN 'due' ELSE 'owed' END,
       %(reference)s
WHERE NOT EXISTS (SELECT FROM notify.digested
    WHERE (site, study_uid, record) = (%(site)s, %(study_uid)s, %(record)s))
ON CONFLICT (delivery) DO NOTHING
"""

DROP = """
INSERT INTO notify.delivery AS d (delivery, kind, site, study_uid, record, event_id, release, state,
       reference)
VALUES (%(delivery)s, %(kind)s, %(site)s, %(study_uid)s, %(record)s, %(event_id)s, %(release)s,
       'dropped', %(reference)s)
ON CONFLICT (delivery) DO UPDATE SET state = 'dropped'
WHERE d.state IN ('owed', 'due') AND d.attempts = 0
"""

SETTLE = """
UPDATE notify.delivery d SET state = 'due', due_at = greatest(d.due_at, clock_timestamp())
FROM notify.reachable r
WHERE d.state = 'owed' AND r.record = d.record
  AND (%(site)s::text IS NULL OR d.site = %(site)s)
"""

# A roster may also take a contact away again.
UNSETTLE = """
UPDATE notify.delivery d SET state = 'owed'
WHERE d.state = 'due' AND d.due_at <= clock_timestamp()
  AND NOT EXISTS (SELECT FROM notify.reachable r WHERE r.record = d.record)
"""

# `due_at` moved forward is the lease: should we die now, somebody takes the row up after it.
CLAIM = """
WITH next AS (
    SELECT d.delivery, r.channel, r.address, r.name, r.language,
           s.title, s.help_phone, s.help_hours, s.help_languages,
           s.language AS site_language, s.logo, s.logo_type
    FROM notify.delivery d
    JOIN notify.reachable r USING (record)
    JOIN sites.site s ON s.site = d.site
    WHERE d.state = 'due' AND d.due_at <= clock_timestamp() AND r.channel = ANY(%(channels)s)
        AND NOT EXISTS (SELECT FROM sites.braked AS held
            WHERE held.brake IN ('letters', 'site/' || d.site))
    ORDER BY d.due_at
    LIMIT 1
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE notify.delivery d
SET attempts = d.attempts + 1, due_at = clock_timestamp() + %(lease)s, channel = next.channel
FROM next
WHERE d.delivery = next.delivery
RETURNING d.event_id, d.record, d.site, d.kind, d.attempts, d.reference, next.*
"""

SENT = """
UPDATE notify.delivery SET state = 'sent', sent_at = clock_timestamp(), reason = NULL
WHERE delivery = %s AND state = 'due'
"""

FAILED = """
UPDATE notify.delivery SET state = 'failed', reason = %s
WHERE delivery = %s AND state = 'due'
"""

# Only while nobody has claimed it after us.
POSTPONE = """
UPDATE notify.delivery SET due_at = clock_timestamp() + %s, reason = %s
WHERE delivery = %s AND state = 'due' AND attempts = %s
"""

# An open digest is not due yet.
WAITING = """
SELECT CASE WHEN state = 'due' AND attempts = 0 AND due_at > clock_timestamp()
            THEN 'gathering' ELSE state END AS state, count(*) AS letters
FROM notify.delivery WHERE state IN ('owed', 'due') GROUP BY 1
"""

LEASE = timedelta(seconds=60)  # longer than any channel may take to send


class Deliveries:
    """The table, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        """Write through `connection`."""
        self.connection = connection

    def owe(self, debt: Debt) -> None:
        """Write the row: due where the patient can be reached, else owed. Again is nothing."""
        self.connection.execute(OWE, debt.row)

    def drop(self, debt: Debt) -> None:
        """See that the letter is not sent, unless that was tried. Again is nothing."""
        self.connection.execute(DROP, debt.row)

    def gather(self, debt: Debt, pace: Pace) -> None:
        """Add the study to the person's open digest, or open one. Again is nothing."""
        digests.gather(self.connection, debt, pace)

    def settle(self, site: str | None = None) -> int:
        """Make due what is owed to patients who can be reached by now; return how many."""
        return self.connection.execute(SETTLE, {"site": site}).rowcount

    def unsettle(self) -> int:
        """Owe again what cannot be sent, because its patient cannot be reached any more."""
        return self.connection.execute(UNSETTLE).rowcount

    def claim(self, channels: Collection[Channel]) -> Claim | None:
        """Take the row that has been due longest, and count the attempt."""
        row = self.connection.execute(
            CLAIM, {"channels": [channel.value for channel in channels], "lease": LEASE}
        ).fetchone()
        if row is None:
            return None
        digest = row["kind"] == STUDIES_RELEASED
        return claimed(row, digests.studies(self.connection, row) if digest else None)

    def sent(self, claim: Claim) -> None:
        """Mark it, and tell `notification.sent`; once, whoever else has marked it."""
        if self.connection.execute(SENT, (claim.delivery,)).rowcount:
            self.tell(claim, NotificationSent(**said(claim)))

    def failed(self, claim: Claim, reason: str) -> None:
        """Mark it, and tell `notification.failed`; once."""
        if self.connection.execute(FAILED, (reason, claim.delivery)).rowcount:
            self.tell(claim, NotificationFailed(**said(claim), reason=reason))

    def postpone(self, claim: Claim, wait: timedelta, reason: str) -> None:
        """Let it be due again after `wait`."""
        self.connection.execute(POSTPONE, (wait, reason, claim.delivery, claim.attempt))

    def waiting(self) -> dict[str, int]:
        """Return how many letters are owed, are due and not sent yet, or still gather studies."""
        counted = {row["state"]: row["letters"] for row in self.connection.execute(WAITING)}
        return {"owed": 0, "due": 0, "gathering": 0} | counted

    def tell(self, claim: Claim, event: Event) -> None:
        """Put `event` into the outbox."""
        outbox.put(self.connection, SCHEMA, event, causation=claim.event_id)


@contextmanager
def transaction(database: Database) -> Iterator[Deliveries]:
    """Open a transaction on the table."""
    with database.transaction() as connection:
        yield Deliveries(connection)


def claimed(row: Row, studies: int | None) -> Claim:
    """Return a claimed row as what there is to do."""
    return Claim(
        delivery=row["delivery"],
        event_id=row["event_id"],
        record=row["record"],
        site_code=row["site"],
        attempt=row["attempts"],
        channel=Channel(row["channel"]),
        to=row["address"],
        patient=Patient(row["name"], row["language"]),
        site=Site(
            title=row["title"],
            help_phone=row["help_phone"],
            help_hours=row["help_hours"],
            help_languages=tuple(row["help_languages"]),
            language=row["site_language"],
            logo=logo(row["logo"], row["logo_type"]),
        ),
        reference=row["reference"],
        kind=row["kind"],
        studies=studies,
    )


def logo(content: bytes | None, content_type: str | None) -> Picture | None:
    """Return a site's logo, where it has one that mail programs can show."""
    if not content or content_type not in LOGO_TYPES:
        return None
    return Picture(bytes(content), content_type)


def said(claim: Claim) -> Row:
    """Return what every notification event says of `claim`."""
    return {
        "site": claim.site_code,
        "delivery": claim.delivery,
        "event_id": claim.event_id,
        "channel": claim.channel,
        "attempt": claim.attempt,
    }
