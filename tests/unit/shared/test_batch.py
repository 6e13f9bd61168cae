"""shared.batch: many messages in one transaction, and each answers for itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.batch import Batch, Prepare, consume_batch
from shared.consumer import DONE, Message, Verdict
from shared.db import Conflicted
from shared.errors import EdgeDown, Malformed
from shared.events import Because, Completeness, StudyAvailable


def message(revision: int, *, redelivered: bool = False) -> Message:
    event = StudyAvailable(
        site="north",
        study_uid="1.2",
        record=None,
        revision=revision,
        series=1,
        instances=3,
        failed=0,
        completeness=Completeness.COMPLETE,
        because=Because.QUIET,
    )
    body = event.model_dump_json().encode()
    return Message("study.available.v1", body, redelivered=redelivered)


class Rows:
    """A table with transactions and savepoints; `faults` are raised once each, by revision."""

    def __init__(self, faults: dict[int, list[Exception]] | None = None) -> None:
        """Start empty."""
        self.committed: list[list[int]] = []  # revisions, by transaction
        self.at_commit: list[Exception] = []
        self._faults = faults or {}
        self._open: list[int] = []

    @contextmanager
    def begin(self) -> Iterator["Rows"]:
        """Commit at the end."""
        self._open = []
        yield self
        if self.at_commit:
            raise self.at_commit.pop()
        self.committed.append(self._open)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Be a savepoint, as psycopg's nested transactions are."""
        before = list(self._open)
        try:
            yield
        except Exception:
            self._open = before
            raise

    def write(self, event: StudyAvailable, prepared: str, connection: object) -> None:
        """Handle one event: write, then fail if so planned."""
        assert connection is self
        assert prepared == f"header {event.revision}"
        self._open.append(event.revision)
        if self._faults.get(event.revision):
            raise self._faults[event.revision].pop()


def header(event: StudyAvailable) -> str:
    return f"header {event.revision}"


def verdicts(messages: list[Message], rows: Rows, prepare: Prepare = header) -> list[Verdict]:
    batch = Batch({StudyAvailable: rows.write}, rows.begin, prepare)
    return [judgement.verdict for judgement in consume_batch(messages, batch)]


def test_a_batch_is_one_transaction() -> None:
    """All are committed at once, and only then acked."""
    rows = Rows()
    batch = Batch({StudyAvailable: rows.write}, rows.begin, header)
    assert consume_batch([message(1), message(2)], batch) == [DONE, DONE]
    assert rows.committed == [[1, 2]]


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [(Malformed("x"), Verdict.DEAD), (ZeroDivisionError(), Verdict.RETRY)],
)
def test_one_bad_message_costs_its_neighbours_nothing(fault: Exception, verdict: Verdict) -> None:
    """Its writes are undone, theirs are committed."""
    rows = Rows({2: [fault]})
    assert verdicts([message(1), message(2), message(3)], rows) == [
        Verdict.ACK,
        verdict,
        Verdict.ACK,
    ]
    assert rows.committed == [[1, 3]]


def test_what_cannot_be_prepared_has_its_own_verdict() -> None:
    """An unreadable body and a failing `prepare` keep out of the transaction."""

    def prepare(event: StudyAvailable) -> str:
        if event.revision == 2:
            raise ZeroDivisionError
        return header(event)

    rows = Rows()
    bad = Message("study.available.v1", b"{}")
    assert verdicts([message(1), message(2), bad], rows, prepare) == [
        Verdict.ACK,
        Verdict.RETRY,
        Verdict.DEAD,
    ]
    assert rows.committed == [[1]]


def test_nothing_to_write_opens_no_transaction() -> None:
    """Bad messages do not trouble the database."""
    rows = Rows()
    assert verdicts([Message("study.available.v1", b"{}")], rows) == [Verdict.DEAD]
    assert rows.committed == []


@pytest.mark.parametrize("where", ["prepare", "savepoint", "commit"])
def test_an_edge_that_is_down_pauses_all(where: str) -> None:
    """Whoever met it, nobody is to blame, and nothing is half done."""
    down = EdgeDown("database")
    rows = Rows({2: [down]} if where == "savepoint" else {})
    rows.at_commit = [down] if where == "commit" else []

    def prepare(event: StudyAvailable) -> str:
        if where == "prepare" and event.revision == 2:
            raise down
        return header(event)

    assert verdicts([message(1), message(2)], rows, prepare) == [Verdict.PAUSE] * 2
    assert rows.committed == []


@pytest.mark.parametrize("where", ["savepoint", "commit"])
def test_a_collision_is_tried_again_as_a_whole(where: str) -> None:
    """Serialization failures and deadlocks are nobody's fault."""
    collisions: list[Exception] = [Conflicted() for _ in range(4)]
    rows = Rows({2: collisions} if where == "savepoint" else {})
    rows.at_commit = collisions if where == "commit" else []
    assert verdicts([message(1), message(2)], rows) == [Verdict.ACK] * 2
    assert rows.committed == [[1, 2]]


def test_collisions_without_end_pause() -> None:
    """After five of them it is time to wait; nobody dies of it."""
    rows = Rows({1: [Conflicted() for _ in range(5)]})
    assert verdicts([message(1), message(2)], rows) == [Verdict.PAUSE] * 2


def test_a_redelivered_message_is_handled_alone() -> None:
    """It may be what killed us the last time."""
    rows = Rows()
    messages = [message(1), message(2, redelivered=True), message(3)]
    assert verdicts(messages, rows) == [Verdict.ACK] * 3
    assert rows.committed == [[1, 3], [2]]


def test_a_commit_that_is_refused_is_split() -> None:
    """Nobody knows whose fault it was, so each is tried alone."""
    rows = Rows()
    rows.at_commit = [ZeroDivisionError()]
    assert verdicts([message(1), message(2)], rows) == [Verdict.ACK] * 2
    assert rows.committed == [[1], [2]]
