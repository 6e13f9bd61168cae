"""chaos.schedule: the same seed is the same storm, and no kind of fault is left out."""

from random import Random

from tests.chaos.__main__ import ENOUGH
from tests.chaos.cluster import OTHERS
from tests.chaos.faults import KINDS, SERVICES, Fault
from tests.chaos.planted import FAULTS
from tests.chaos.plants import PLANTS
from tests.chaos.schedule import any_fault, every_kind
from tests.chaos.standing import SERVERS

FOR_PLANTS = {"settle", "late-commit"}  # only where something was told before


def made(seed: int) -> list[Fault]:
    return every_kind(Random(seed))  # noqa: S311  no secret is made of it


def test_a_seed_says_which_faults_in_which_order() -> None:
    """So that a red run can be had again."""
    assert made(1) == made(1)
    assert made(1) != made(2)


def test_every_kind_of_fault_is_made_and_everybody_is_killed() -> None:
    """In every order, whatever the seed."""
    for seed in range(20):
        faults = made(seed)
        assert {fault.kind for fault in faults} == set(KINDS) - FOR_PLANTS
        killed = {name for fault in faults if fault.kind == "kill" for name in fault.whom}
        assert killed == {*SERVICES, *SERVERS}
        assert len(faults) >= ENOUGH["faults"]


def test_a_storm_reaches_every_node_of_the_broker() -> None:
    """Each is killed and frozen, so that every one of them leads at some time."""
    dice = Random(1)  # noqa: S311  as above
    found = {any_fault(dice) for _ in range(3000)}
    for node in ("broker", *OTHERS):
        assert {Fault("kill", (node,)), Fault("freeze", (node,))} <= found


def test_every_plant_can_be_built_in() -> None:
    """The list of the proof is the list of what there is."""
    assert set(PLANTS) == set(FAULTS)
