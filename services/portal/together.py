"""Who asks the same at the same time is answered by one question, that begins after they asked."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)
Found = TypeVar("Found")


@dataclass(eq=False)
class Round(Generic[Item, Found]):
    """Those who wait for one question: what each wants to know, and what all are told."""

    items: list[Item]
    turn: "Future[None]" = field(default_factory=Future)  # the first may ask now
    told: "Future[Mapping[Item, Found]]" = field(default_factory=Future)


class Together(Generic[Key, Item, Found]):
    """Asks for one key once at a time. Nobody is told what was found before they came.

    Who comes while nobody asks, asks at once. Who comes while somebody asks waits until that is
    over; then the first of those who wait asks for all of them.
    """

    def __init__(self, ask: Callable[[Key, Sequence[Item]], Mapping[Item, Found]]) -> None:
        """Answer by `ask`; what it raises is raised for all who wait."""
        self._ask = ask
        self._waiting: dict[Key, Round[Item, Found] | None] = {}  # None: asked, and nobody waits
        self._guard = Lock()

    def found(self, key: Key, item: Item) -> Found | None:
        """Return what `ask(key, …)` finds for `item` from now on, or None."""
        with self._guard:
            if key not in self._waiting:
                self._waiting[key] = None
                mine, first = Round[Item, Found]([item]), True
                mine.turn.set_result(None)
            elif (waiting := self._waiting[key]) is None:
                mine, first = Round[Item, Found]([item]), True
                self._waiting[key] = mine
            else:
                mine, first = waiting, False
                mine.items.append(item)
        if first:
            mine.turn.result()
            self._lead(key, mine)
        return mine.told.result().get(item)

    def _lead(self, key: Key, mine: Round[Item, Found]) -> None:
        """Ask for all who came until now."""
        with self._guard:
            if self._waiting[key] is mine:
                self._waiting[key] = None  # who comes from now on waits for the next
        try:
            mine.told.set_result(self._ask(key, mine.items))
        except BaseException as error:  # noqa: BLE001  whoever waits is told
            mine.told.set_exception(error)
        with self._guard:
            after = self._waiting[key]
            if after is None:
                del self._waiting[key]
        if after is not None:
            after.turn.set_result(None)
