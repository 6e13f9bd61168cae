"""The way in that a message shows: it works, for this patient, and for who got the message."""

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.judging.edges import Edges

# Crockford's base 32: two groups of four, and a check character.
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]\b")


@dataclass(frozen=True, slots=True)
class Doors:
    """What is known of invitations: by the hashes that are kept."""

    portal: str
    key: str = field(repr=False)
    invitations: Mapping[bytes, Mapping[str, Any]]
    claimed: frozenset[Any]  # records

    def of_message(self, name: str, record: object, to: str, text: str) -> Iterator[str]:
        """Find what is wrong with the way in that a message about `record` shows to `to`."""
        codes = set(CODE.findall(text))
        if not codes and record in self.claimed and f"{self.portal}/scans" in text:
            return
        if len(codes) != 1:
            yield f"letter: {name} shows {len(codes)} codes"
            return
        (code,) = codes
        if f"{self.portal}/c#{code}" not in text:
            yield f"letter: {name} has no link to its code"
        found = self.invitations.get(kept(self.key, code))
        if found is None:
            yield f"letter: {name} shows a code that nobody knows"
        elif (found["record"], found["address"]) != (record, to):
            yield f"letter: {name} shows a code of somebody else"
        elif not found["lasts"]:
            yield f"letter: {name} shows a code that was too old when it came"


def read(edges: Edges, portal: str, key: str) -> Doors:
    """Return what the database knows now."""
    invitations = edges.rows(
        "SELECT code_hash, record, address, expires_at > made_at AS lasts FROM access.invitation"
    )
    claims = edges.rows("SELECT record FROM access.claim")
    return Doors(
        portal,
        key,
        {bytes(row["code_hash"]): row for row in invitations},
        frozenset(row["record"] for row in claims),
    )


def kept(key: str, code: str) -> bytes:
    """Return what is kept of a code: HMAC-SHA256 over its purpose and its letters."""
    return hmac.digest(key.encode(), f"invitation|{code.replace('-', '')}".encode(), "sha256")
