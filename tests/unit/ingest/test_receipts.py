"""ingest.Receipts: many threads, one transaction, and each hears of its own receipt only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from typing import Any, cast

import pytest

from services.ingest import receipts
from services.ingest.content import Content
from services.ingest.inspect import Roster
from services.ingest.placing import place, telling
from services.ingest.receipts import Receipt, Receipts
from shared.db import Conflicted, Database, Refused
from shared.errors import EdgeDown
from shared.events import Event, Lane
from tests.unit.ingest.conftest import NOW

Writer = Callable[[list[Receipt]], list[Event]]


def receipt(number: int) -> Receipt:
    content = Content(f"{number:064x}", 1, 2)
    stored = place("north", "ab" * 32, content, Roster(number))
    event = telling("north", "ab" * 32, Lane.LIVE, stored, Roster(number))
    return Receipt("north", "ab" * 32, str(number), content, stored, Lane.LIVE, NOW, event)


class Ledger(Receipts):
    """Receipts whose transaction is the test's."""

    def __init__(self, write: Writer) -> None:
        """Write by `write`."""
        super().__init__(cast("Database", None))
        self.do_write = write

    def _written(self, receipts: list[Receipt]) -> list[Event]:
        return self.do_write(receipts)


def events(written: list[Receipt]) -> list[Event]:
    return [each.event(NOW) for each in written]


def test_what_comes_together_is_committed_together() -> None:
    """While one commit is under way, the others gather; each gets its own event back."""
    batches: list[int] = []
    first, go_on = Flag(), Flag()

    def write(written: list[Receipt]) -> list[Event]:
        batches.append(len(written))
        first.set()
        go_on.wait(10)
        return events(written)

    ledger = Ledger(write)
    with ThreadPoolExecutor(21) as pool:
        told = [pool.submit(ledger.write, receipt(0))]
        first.wait(10)
        told += [pool.submit(ledger.write, receipt(number)) for number in range(1, 21)]
        while ledger._waiting.qsize() < 20:  # noqa: SLF001  the only way to see it gather
            pass
        go_on.set()
        heard = [cast("Any", each.result(10)).patients for each in told]
    ledger.close()

    assert heard == list(range(21))
    assert batches == [1, 20]


def test_one_bad_receipt_costs_its_neighbours_nothing() -> None:
    """Where the database refuses the batch, each is written alone."""

    def write(written: list[Receipt]) -> list[Event]:
        if any(each.drop_version == "3" for each in written):
            state = "22001"
            raise Refused(state)
        return events(written)

    ledger = Ledger(write)
    with ThreadPoolExecutor(6) as pool:
        told = [pool.submit(ledger.write, receipt(number)) for number in range(6)]
        failed = [number for number, each in enumerate(told) if each.exception(10)]
    ledger.close()
    assert failed == [3]


@pytest.mark.parametrize("error", [EdgeDown("database"), ZeroDivisionError()])
def test_a_failure_reaches_whoever_waits_and_the_next_is_tried(error: Exception) -> None:
    """The thread outlives every error."""
    answers: list[Exception | None] = [error, None]

    def write(written: list[Receipt]) -> list[Event]:
        answer = answers.pop(0)
        if answer:
            raise answer
        return events(written)

    ledger = Ledger(write)
    with pytest.raises(type(error)):
        ledger.write(receipt(1))
    assert ledger.write(receipt(2)) == receipt(2).event(NOW)
    ledger.close()


def test_a_deadlock_is_tried_again() -> None:
    """The whole batch."""
    tries: list[int] = []

    def write(written: list[Receipt]) -> list[Event]:
        tries.append(len(written))
        if len(tries) == 1:
            raise Conflicted
        return events(written)

    ledger = Ledger(write)
    assert ledger.write(receipt(1)) == receipt(1).event(NOW)
    assert tries == [1, 1]
    ledger.close()


def test_a_row_holds_what_the_guarantee_needs() -> None:
    """Columns of the table, and no key of the drop."""
    row = receipts.row(receipt(7), receipt(7).event(NOW), NOW)
    assert (row["kind"], row["event_type"]) == ("roster", "patient.registered.v1")
    assert (row["sha256"], row["drop_version"]) == (f"{7:064x}", "7")
