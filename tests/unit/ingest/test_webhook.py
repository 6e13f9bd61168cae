"""ingest.webhook: a hint is passed on, everything else is answered politely."""

from services.ingest.arrivals import Dropped, listing
from services.ingest.webhook import receive
from tests.unit.ingest.test_arrivals import found


def test_a_hint_is_passed_on() -> None:
    """And only a hint."""
    hint = listing.hint(found("north/1"))
    arrived: list[Dropped] = []
    assert receive(b"", lambda _: hint, arrived.append)[0] == 202
    assert receive(b"", lambda _: None, arrived.append)[0] == 200
    assert arrived == [hint]
