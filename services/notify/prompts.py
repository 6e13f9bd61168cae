"""The table of messages that somebody waits for, and what is minted for them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from services.notify.prompt import Kind, Prompt
from shared.access import codes
from shared.db import Connection, Database, Row, sql
from shared.events import Channel

# Where something can be done about it, where it is about no grant.
PAGES = {
    Kind.REQUESTED: "requests",
    Kind.DECIDED: "staff",
    Kind.LOOKS: "looked",
    Kind.ELSEWHERE: "looked",
}
LEASE = timedelta(seconds=60)  # longer than any channel may take to send

ADD = """
INSERT INTO notify.prompt (prompt, kind, channel)
SELECT %(id)s, %(kind)s, channel FROM access.{table}
WHERE {table} = %(id)s AND channel IS NOT NULL
ON CONFLICT (prompt) DO NOTHING
"""
# `due_at` moved forward is the lease: should we die now, somebody takes the row up after it.
CLAIM = """
WITH next AS (
    SELECT prompt FROM notify.prompt
    WHERE state = 'due' AND due_at <= clock_timestamp() AND channel = ANY(%s)
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE notify.prompt AS p SET attempts = p.attempts + 1, due_at = clock_timestamp() + %s
FROM next WHERE p.prompt = next.prompt
RETURNING p.prompt, p.kind, p.channel, p.attempts
"""
MINT_SIGNIN = """
UPDATE access.signin SET token_hash = %s, code_hash = %s, minted_at = clock_timestamp()
WHERE signin = %s AND used_at IS NULL AND proof_hash IS NULL AND expires_at > clock_timestamp()
RETURNING address, language, adds IS NOT NULL AS adds
"""
NOTICES = """
INSERT INTO notify.prompt (prompt, kind, channel)
SELECT notice, kind, channel FROM access.notice WHERE cause = %s
ON CONFLICT (prompt) DO NOTHING
"""
# Kept for eight days here, so none comes twice.
BY_TIME = """
INSERT INTO notify.prompt (prompt, kind, channel)
SELECT notice, kind, channel FROM access.notice
WHERE kind IN ('ending', 'looks', 'elsewhere') AND noted_at > clock_timestamp() - interval '2 days'
ON CONFLICT (prompt) DO NOTHING
"""
NOTICE = """
SELECT n.address, coalesce(n.language, p.language) AS language, n.grant_id, n.kind,
    coalesce(s.title, '') AS hospital,
    coalesce(s.help_phone, '') AS phone, h.name AS helper
FROM access.notice AS n JOIN access.person AS p USING (person)
    LEFT JOIN sites.site AS s USING (site)
    LEFT JOIN access.helper AS h USING (helper)
    LEFT JOIN access.grants AS g ON g.grant_id = n.grant_id
WHERE n.notice = %s
    AND (n.kind <> 'ending' OR g.ended_at IS NULL AND g.ends_at > clock_timestamp())
"""
MINT_HELPER = """
UPDATE access.helper AS h SET code_hash = %s FROM access.person AS p
WHERE h.helper = %s AND p.person = h.patient AND h.joined_at IS NULL AND h.ended_at IS NULL
    AND h.expires_at > clock_timestamp()
RETURNING h.address, p.language, p.name
"""
MINT_SHARE = """
UPDATE access.link AS l SET secret_hash = %s
FROM access.grants AS g JOIN access.person AS p USING (person)
WHERE l.link = %s AND g.grant_id = l.grant_id AND g.ended_at IS NULL
    AND g.ends_at > clock_timestamp()
RETURNING l.address, l.language, CASE WHEN g.named THEN p.name END AS name
"""
MARK = "UPDATE notify.prompt SET state = %s, reason = %s WHERE prompt = %s AND state = 'due'"
# Only while nobody has claimed it after us.
POSTPONE = """
UPDATE notify.prompt SET due_at = clock_timestamp() + %s, reason = %s
WHERE prompt = %s AND state = 'due' AND attempts = %s
"""
PRUNE = "DELETE FROM notify.prompt WHERE created_at < clock_timestamp() - interval '8 days'"


# What each kind is about, a table of `access` and its key alike.
TABLES = {Kind.SIGNIN: "signin", Kind.HELPER: "helper", Kind.SHARE: "link"}


@dataclass(frozen=True, slots=True)
class Door:
    """Where links lead, and the key of the codes."""

    portal: str
    key: str = field(repr=False)


class Prompts:
    """The table, inside one transaction."""

    def __init__(self, connection: Connection, door: Door) -> None:
        """Write through `connection`."""
        self.connection, self.door = connection, door

    def add(self, kind: Kind, asked: UUID) -> None:
        """Have a message sent for a request; again is nothing."""
        query = sql.SQL(ADD).format(table=sql.Identifier(TABLES[kind]))
        self.connection.execute(query, {"id": asked, "kind": kind.value})

    def noticed(self, cause: UUID) -> None:
        """Have a message sent to each way that is known; again is nothing."""
        self.connection.execute(NOTICES, (cause,))

    def claim(self, channels: Collection[Channel]) -> Prompt | None:
        """Take the row that waits longest, count the attempt, and mint what it will say.

        What nobody waits for any more is dropped on the way.
        """
        given = [channel.value for channel in channels]
        while row := self.connection.execute(CLAIM, (given, LEASE)).fetchone():
            minted = self.minted(row)
            if minted is not None:
                return minted
            self.mark(row["prompt"], "dropped")
        return None

    def minted(self, row: Row) -> Prompt | None:
        """Return what there is to send; None where nobody waits for it."""
        match Kind(row["kind"]):
            case Kind.HELPER:
                return self.helper(row)
            case Kind.SHARE:
                return self.share(row)
            case Kind.SIGNIN | Kind.CONTACT:
                return self.signin(row)
            case _:
                return self.notice(row)

    def signin(self, row: Row) -> Prompt | None:
        """Mint a link and six digits for a request to sign in."""
        token, digits = codes.token(), codes.digits()
        code_hash = codes.keyed(self.door.key, f"signin|{row['prompt']}", digits)
        told = (codes.hashed(token), code_hash, row["prompt"])
        asked = self.connection.execute(MINT_SIGNIN, told).fetchone()
        if asked and asked["adds"]:  # typed where they are signed in; no link signs in by it
            return prompt({**row, "kind": Kind.CONTACT}, asked, self.door.portal, digits)
        return prompt(row, asked, f"{self.door.portal}/l#{token}", digits) if asked else None

    def helper(self, row: Row) -> Prompt | None:
        """Mint a code to be typed: a link alone would let in whatever opens links."""
        code = codes.invitation()
        code_hash = codes.keyed(self.door.key, "helper", code.replace("-", ""))
        asked = self.connection.execute(MINT_HELPER, (code_hash, row["prompt"])).fetchone()
        return prompt(row, asked, f"{self.door.portal}/h", code) if asked else None

    def share(self, row: Row) -> Prompt | None:
        """Mint a link; what opens it besides, the birth date, the patient tells."""
        token = codes.token()
        told = (codes.hashed(token), row["prompt"])
        asked = self.connection.execute(MINT_SHARE, told).fetchone()
        return prompt(row, asked, f"{self.door.portal}/s#{token}", "") if asked else None

    def notice(self, row: Row) -> Prompt | None:
        """Tell it, with the page on which something can be done about it."""
        told = self.connection.execute(NOTICE, (row["prompt"],)).fetchone()
        if told is None:
            return None
        place = PAGES.get(Kind(told["kind"]), "signin")
        page = f"shared/{told['grant_id']}" if told["grant_id"] else place
        return prompt(row, told, f"{self.door.portal}/{page}", "")

    def mark(self, asked: UUID, state: str, reason: str | None = None) -> None:
        """Mark how it ended."""
        self.connection.execute(MARK, (state, reason, asked))

    def postpone(self, asked: Prompt, wait: timedelta, reason: str) -> None:
        """Let it be due again after `wait`."""
        self.connection.execute(POSTPONE, (wait, reason, asked.id, asked.attempt))


def prompt(row: Row, asked: Row, link: str, code: str) -> Prompt:
    """Return a claimed row as what there is to send."""
    return Prompt(
        id=row["prompt"],
        kind=Kind(row["kind"]),
        channel=Channel(row["channel"]),
        attempt=row["attempts"],
        to=asked["address"],
        language=asked["language"],
        link=link,
        code=code,
        patient=asked.get("name"),
        hospital=asked.get("hospital", ""),
        phone=asked.get("phone", ""),
        helper=asked.get("helper") or "",
    )


@contextmanager
def transaction(database: Database, door: Door) -> Iterator[Prompts]:
    """Open a transaction on the table."""
    with database.transaction() as connection:
        yield Prompts(connection, door)


def by_time(database: Database) -> None:
    """Have sent what no event tells: of ends, and of a day's looks; again is nothing."""
    with database.transaction() as connection:
        connection.execute(BY_TIME)


def prune(database: Database) -> None:
    """Forget what was sent more than a week ago."""
    with database.transaction() as connection:
        connection.execute(PRUNE)
