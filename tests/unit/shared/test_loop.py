"""shared.loop: a repeated task goes on, whatever it raises."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag

import pytest

from shared import loop as module
from shared import metrics
from shared.db import Conflicted
from shared.errors import EdgeDown
from shared.loop import Loop

PATIENCE = 10.0  # seconds


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.01)


@contextmanager
def running(seconds: float, task: Callable[[], object]) -> Iterator[Loop]:
    stopping = Flag()
    loop = Loop(seconds, "relay", task, stopping)
    loop.thread.start()
    yield loop
    stopping.set()
    loop.thread.join(PATIENCE)
    assert not loop.thread.is_alive()


def test_more_to_do_is_done_at_once() -> None:
    """A backlog is not worked off at one pass an hour."""
    rows, done = [3, 2, 1], Flag()

    def task() -> int:
        left = rows.pop() if rows else 0
        if not left:
            done.set()
        return left

    with running(3600.0, task):
        assert done.wait(PATIENCE)


@pytest.mark.parametrize("error", [EdgeDown("database"), Conflicted(), ZeroDivisionError()])
def test_it_goes_on_after(error: Exception) -> None:
    """Nobody would miss a loop that had ended."""
    errors, done = [error, error], Flag()

    def task() -> None:
        if errors:
            raise errors.pop()
        done.set()

    with running(0.001, task) as loop:
        assert done.wait(PATIENCE)
        assert loop.thread.is_alive()


def test_an_unknown_error_is_counted_by_its_type() -> None:
    """So that someone sees it; an edge that is down is no error of ours."""
    counter = metrics.LOOP_ERRORS.labels(loop="relay", error="LookupError")
    before = counter._value.get()  # noqa: SLF001  the client has no other way to read it
    errors: list[Exception] = [LookupError(), EdgeDown("s3")]
    done = Flag()

    def task() -> None:
        if errors:
            raise errors.pop()
        done.set()

    with running(0.001, task):
        assert done.wait(PATIENCE)
    assert counter._value.get() == before + 1  # noqa: SLF001  as above
