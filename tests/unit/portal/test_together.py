"""services.portal.together: many who ask at once are answered by few questions, none too early."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from deploy.local.waiting import until
from services.portal.together import Together

DEADLINE = 10.0  # seconds


class Slow:
    """Answers when it is let; remembers what it was asked."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.state = "before"
        self.may = Event()

    def __call__(self, key: str, items: Sequence[str]) -> Mapping[str, str]:
        """Find all but what is absent."""
        seen = self.state  # what is committed when the question begins
        self.asked.append((key, tuple(items)))
        assert self.may.wait(DEADLINE)
        return {item: f"{item} {seen}" for item in items if item != "absent"}


def waiting(together: Together[str, str, str], key: str) -> int:
    """Return how many wait for the next question about `key`."""
    found = together._waiting.get(key)  # noqa: SLF001  nobody else can see them wait
    return 0 if found is None else len(found.items)


def test_who_comes_while_others_are_asked_for_is_told_what_holds_after_they_came() -> None:
    """One question for all of them, that begins when the one before is over."""
    slow = Slow()
    together = Together(slow)
    with ThreadPoolExecutor(4) as threads:
        first: Future[str | None] = threads.submit(together.found, "series", "a")
        until(lambda: bool(slow.asked), DEADLINE, "nobody asks")
        slow.state = "after"
        later = [threads.submit(together.found, "series", item) for item in ("b", "c", "absent")]
        until(lambda: waiting(together, "series") == len(later), DEADLINE, "nobody waits")
        slow.may.set()
        assert first.result(DEADLINE) == "a before"
        assert [each.result(DEADLINE) for each in later] == ["b after", "c after", None]
    assert [len(items) for _, items in slow.asked] == [1, len(later)]
    assert together._waiting == {}  # noqa: SLF001  nothing is kept of what is over


def test_others_are_not_waited_for() -> None:
    """Another reader's question, or one about another series, is asked at once."""
    slow = Slow()
    together = Together(slow)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(together.found, key, "a") for key in ("mine", "theirs")]
        until(lambda: len(slow.asked) == len(answers), DEADLINE, "one waits for the other")
        slow.may.set()
        assert [each.result(DEADLINE) for each in answers] == ["a before"] * 2


def test_a_refusal_is_everybodys_and_the_next_are_asked_for_anew() -> None:
    """Nobody waits for ever behind a question that failed."""
    failing = [True]

    def ask(_key: str, items: Sequence[str]) -> Mapping[str, str]:
        if failing[0]:
            raise PermissionError
        return dict.fromkeys(items, "found")

    together = Together(ask)
    with pytest.raises(PermissionError):
        together.found("series", "a")
    failing[0] = False
    assert together.found("series", "a") == "found"
