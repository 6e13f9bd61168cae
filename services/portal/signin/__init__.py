"""Claim, sign-in, sessions, and people who help: who is who, and how they prove it."""

from services.portal.signin import asking, buckets, passkeys
from services.portal.signin.identity import bindings
from services.portal.signin.unheeded import tell_again
from shared.db import Database

__all__ = ["forget", "tell_again"]


def forget(database: Database) -> None:
    """Forget what nobody needs any more: old requests, challenges, errands, empty buckets."""
    with database.transaction() as connection:
        asking.forget(connection)
        buckets.forget(connection)
        passkeys.forget(connection)
        bindings.forget(connection)
