"""How much somebody may ask: a bucket that fills with each try, and drains as time goes by."""

from dataclasses import dataclass

from shared.db import Connection

# One statement, so that it counts exactly under parallel tries.
POUR = """
    INSERT INTO access.bucket AS b (name, level, at) VALUES (%(name)s, 1, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET
        level = greatest(0, b.level - %(drain)s * extract(epoch FROM clock_timestamp() - b.at)) + 1,
        at = clock_timestamp()
    WHERE greatest(0, b.level - %(drain)s * extract(epoch FROM clock_timestamp() - b.at)) + 1
        <= %(holds)s
    RETURNING level
"""
FORGET = "DELETE FROM access.bucket WHERE at < clock_timestamp() - interval '2 days'"


@dataclass(frozen=True, slots=True)
class Bucket:
    """What it holds, and how many tries drain from it in a second."""

    name: str
    holds: float
    drain: float


# A clinic's waiting room is one client too, so it gets more than one person needs.
CODES_OF_CLIENT = Bucket("codes-of-client", 20, 1 / 60)
# At 10 a second it takes years to find one of a million valid codes among 2^40 by guessing, and
# who finds one still has five tries at a birth date.
CODES = Bucket("codes", 600, 10)
ASKED_BY_CLIENT = Bucket("asked-by-client", 20, 1 / 60)
PROOFS_OF_CLIENT = Bucket("proofs-of-client", 60, 1 / 10)  # by a passkey, or a provider
VOUCHED_BY_PERSON = Bucket("vouched-by-person", 3, 3 / 86_400)
ELSEWHERE_BY_PERSON = Bucket("elsewhere-by-person", 10, 10 / 86_400)
DISCS_OF_PERSON = Bucket("discs-of-person", 20, 20 / 86_400)
INVITED_BY_PERSON = Bucket("invited-by-person", 5, 5 / 86_400)


def poured(connection: Connection, bucket: Bucket, whose: str = "") -> bool:
    """Count one try of `whose` (a keyed hash, or an id); False where that would be too many."""
    name = f"{bucket.name}|{whose}"
    told = {"name": name, "holds": bucket.holds, "drain": bucket.drain}
    return connection.execute(POUR, told).fetchone() is not None


def forget(connection: Connection) -> None:
    """Forget buckets that are empty by now."""
    connection.execute(FORGET)
