"""chaos.saboteurs: faults overlap, but not where they touch the same thing."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Event
from typing import cast

import pytest

from tests.chaos import faults
from tests.chaos.faults import Fault, Ring, apart
from tests.chaos.saboteurs import Saboteurs
from tests.chaos.schedule import every_kind

PATIENCE = 10.0  # seconds
HELD = 0.2  # seconds in which a second fault would have begun


@dataclass(frozen=True)
class NoRing:
    """No more than the dice."""

    random: Random


def ring() -> Ring:
    return cast("Ring", NoRing(Random(1)))  # noqa: S311  no secret is made of it


def told(_fault: Fault, _seconds: float) -> None:
    pass


def played(monkeypatch: pytest.MonkeyPatch, kind: str, act: Callable[..., None]) -> None:
    monkeypatch.setitem(faults.KINDS, kind, act)


def test_faults_that_touch_different_things_are_made_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each waits here until the other has begun."""
    begun = {"ingest": Event(), "index": Event()}

    def act(_ring: Ring, name: str) -> None:
        begun[name].set()
        other = "index" if name == "ingest" else "ingest"
        assert begun[other].wait(PATIENCE)

    played(monkeypatch, "freeze", act)
    with Saboteurs(ring(), 2, told) as saboteurs:
        saboteurs.make(Fault("freeze", ("ingest",)))
        saboteurs.make(Fault("freeze", ("index",)))
        saboteurs.finish()


@pytest.mark.parametrize(
    ("hands", "second"), [(2, Fault("kill", ("ingest",))), (1, Fault("kill", ("index",)))]
)
def test_a_fault_waits_for_a_hand_and_for_what_it_touches(
    monkeypatch: pytest.MonkeyPatch, hands: int, second: Fault
) -> None:
    """So that one is not taken back by the other."""
    begun, over = Event(), Event()

    def act(_ring: Ring, _name: str) -> None:
        assert not begun.wait(HELD)
        over.set()

    def then(_ring: Ring, _name: str) -> None:
        begun.set()
        assert over.is_set()

    played(monkeypatch, "freeze", act)
    played(monkeypatch, "kill", then)
    with Saboteurs(ring(), hands, told) as saboteurs:
        saboteurs.make(Fault("freeze", ("ingest",)))
        saboteurs.make(second)
        saboteurs.finish()
    assert begun.is_set()


def test_what_goes_wrong_with_a_fault_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run would look green in which little was done."""

    def act(_ring: Ring, _name: str) -> None:
        raise TimeoutError

    played(monkeypatch, "kill", act)

    def sabotage() -> None:
        with Saboteurs(ring(), 2, told) as saboteurs:
            saboteurs.make(Fault("kill", ("ingest",)))
            saboteurs.finish()

    with pytest.raises(TimeoutError):
        sabotage()


def test_everybody_is_killed_alone_and_no_fault_is_apart_from_itself() -> None:
    """Whatever the others are."""
    for fault in every_kind(Random(1)):  # noqa: S311  as above
        assert not apart(fault, fault)
        assert not apart(fault, Fault("everybody"))


def test_each_fault_has_dice_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed says how long each lasts, whichever is faster."""

    def rolled() -> dict[str, float]:
        found: dict[str, float] = {}

        def act(ring: Ring, name: str) -> None:
            found[name] = ring.random.random()

        played(monkeypatch, "freeze", act)
        with Saboteurs(ring(), 3, told) as saboteurs:
            for name in ("ingest", "index", "notify"):
                saboteurs.make(Fault("freeze", (name,)))
            saboteurs.finish()
        return found

    first = rolled()
    assert rolled() == first
    assert len(set(first.values())) == len(first)
