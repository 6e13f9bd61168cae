"""A few hands at once: faults that touch different things are made at the same time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import Condition
from types import TracebackType
from typing import Self

from tests.chaos.faults import Fault, Ring, apart

Told = Callable[[Fault, float], None]  # of a fault that is over, and its seconds


class Saboteurs:
    """Each fault has dice of its own, so that a seed means the same whoever is faster."""

    def __init__(self, ring: Ring, hands: int, told: Told) -> None:
        """Have so many `hands`: of one, each fault is over before the next begins."""
        self._ring = ring
        self._hands = hands
        self._told = told
        self._threads = ThreadPoolExecutor(hands, thread_name_prefix="saboteur")
        self._at_work: list[Fault] = []
        self._changed = Condition()
        self._begun: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until every fault is taken back."""
        self._threads.shutdown()

    def make(self, fault: Fault) -> None:
        """Begin `fault` as soon as a hand is free and nothing it touches is in other hands.

        What went wrong with an earlier one is raised here.
        """
        dice = Random(self._ring.random.getrandbits(64))  # noqa: S311  no secret is made of it
        with self._changed:
            self._changed.wait_for(lambda: self._may(fault))
            self._at_work.append(fault)
        self._begun.append(
            self._threads.submit(self._make, fault, replace(self._ring, random=dice))
        )
        self._raise()

    def finish(self) -> None:
        """Wait until every fault is taken back, and raise what went wrong with one."""
        for each in self._begun:
            each.result()

    def _may(self, fault: Fault) -> bool:
        return len(self._at_work) < self._hands and all(
            apart(fault, other) for other in self._at_work
        )

    def _make(self, fault: Fault, ring: Ring) -> None:
        began = time.monotonic()
        try:
            fault.make(ring)
            self._told(fault, time.monotonic() - began)
        finally:
            with self._changed:
                self._at_work.remove(fault)
                self._changed.notify_all()

    def _raise(self) -> None:
        for each in self._begun:
            if each.done():
                each.result()
