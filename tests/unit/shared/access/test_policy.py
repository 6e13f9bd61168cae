"""shared.access.policy: the one place that decides, against a table written by hand."""

from itertools import product
from uuid import UUID

import pytest

from shared.access import Action, Because, Decision, Facts, Reader, Rights, may

MARIA, LUCIA, EVE, RECORD, SESSION = (UUID(int=number) for number in range(1, 6))
OWN = Facts(RECORD, MARIA, available=True, released=True)
HELPED = Facts(RECORD, MARIA, Rights.SEE, available=True, released=True)
HELD = Facts(RECORD, MARIA, available=True, released=False)
UNCLAIMED = Facts(RECORD, None, available=True, released=True)
NOTHING = Facts(None)


@pytest.mark.parametrize(
    ("reader", "action", "facts", "allowed", "because"),
    [
        (Reader(MARIA, SESSION), Action.LOOK, OWN, True, Because.OWN),
        (Reader(MARIA, SESSION), Action.KEEP, OWN, True, Because.OWN),
        (Reader(LUCIA, SESSION), Action.LOOK, HELPED, True, Because.HELPER),
        (Reader(EVE, SESSION), Action.LOOK, OWN, False, Because.NOT_YOURS),
        (Reader(EVE, SESSION), Action.LIST, OWN, False, Because.NOT_YOURS),
        (Reader(None), Action.LOOK, OWN, False, Because.SIGNED_OUT),
        (Reader(MARIA, SESSION), Action.LOOK, UNCLAIMED, False, Because.NOT_YOURS),
        (Reader(MARIA, SESSION), Action.LOOK, NOTHING, False, Because.ABSENT),
        (Reader(MARIA, SESSION), Action.LOOK, HELD, False, Because.NOT_RELEASED),
        (Reader(MARIA, SESSION), Action.LIST, HELD, True, Because.OWN),
        (Reader(MARIA, SESSION, MARIA), Action.LOOK, OWN, True, Because.OWN),
        (Reader(MARIA, SESSION, MARIA), Action.KEEP, OWN, False, Because.VIEWING_LOOKS),
        (Reader(LUCIA, SESSION, MARIA), Action.LOOK, HELPED, True, Because.HELPER),
        # A viewing is for one patient, also where the reader may see others.
        (Reader(LUCIA, SESSION, LUCIA), Action.LOOK, HELPED, False, Because.NOT_YOURS),
    ],
)
def test_the_table(
    reader: Reader, action: Action, facts: Facts, allowed: object, because: Because
) -> None:
    """Each row is a sentence that the product promises."""
    assert may(reader, action, facts) == Decision(allowed is True, because)


def test_nobody_but_owner_and_helper_is_ever_allowed() -> None:
    """Over every combination there is."""
    people = (None, MARIA, LUCIA, EVE)
    for who, patient, owner, rights, action, available, released in product(
        people, people, people, (None, *Rights), Action, (False, True), (False, True)
    ):
        facts = Facts(RECORD, owner, rights, available=available, released=released)
        decision = may(Reader(who, SESSION, patient), action, facts)
        if decision.allowed:
            assert who is not None
            assert owner is not None
            assert who == owner or rights is not None
            assert patient in {None, owner}
            assert action is Action.LIST or (available and released)
