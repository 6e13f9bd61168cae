"""A site's drop in memory, and a ledger that is a list."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from services.ingest.arrivals import Dropped, listing
from services.ingest.receipts import Receipt
from shared.errors import EdgeDown
from shared.events import Event
from tests.fakes.storage import MemoryStorage

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Receipts:
    """Commits nothing, forgets nothing: the first receipt of a drop stands."""

    written: dict[tuple[str, str, str], Event] = field(default_factory=dict)
    down: bool = False

    def write(self, receipt: Receipt) -> Event:
        """Return the event of the first receipt of this drop."""
        if self.down:
            edge = "database"
            raise EdgeDown(edge)
        place = (receipt.site, receipt.drop_digest, receipt.drop_version)
        return self.written.setdefault(place, receipt.event(NOW))

    def received(self, site: str, digests: Collection[str]) -> frozenset[str]:
        """Return which of these have a receipt."""
        return frozenset(one for where, one, _ in self.written if where == site) & set(digests)


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def receipts() -> Receipts:
    return Receipts()


@pytest.fixture
def drop(storage: MemoryStorage) -> Callable[..., Dropped]:
    """Put one object, and return the hint that the sweep would give."""

    def put(content: bytes, key: str = "north/a b+ü%.dcm") -> Dropped:
        storage.put("drop", key, content)
        hint = listing.hint(next(iter(storage.list("drop", key))))
        assert hint is not None
        return hint

    return put
