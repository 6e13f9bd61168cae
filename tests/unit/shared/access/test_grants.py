"""shared.access: what a patient gives, against a table and a second opinion written by hand."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from shared.access import Action, Because, Decision, Ended, Facts, Grant, Reader, Scope, may

MARIA, OTTO, GUEST, RECORD = (UUID(int=number) for number in range(1, 5))
NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KNEE, HEAD = ("north", "1.2.1"), ("south", "1.2.2")
DOCTOR = Reader(None, GUEST, MARIA, guest=GUEST)
OWN_VIEWER = Reader(None, GUEST, MARIA, guest=GUEST, client=True)
OF_MARIA = Reader(None, GUEST, MARIA, guest=GUEST, client=True, own=True)
ALL = Scope(everything=True)
STAFF, COLLEAGUE = UUID(int=5), UUID(int=6)
CLINICIAN = Reader(None, GUEST, MARIA, guest=GUEST, staff=STAFF, sites=frozenset({"north"}))


def grant(**changed: Any) -> Grant:  # noqa: ANN401  a field's
    """Return a share of the knee for a month, changed."""
    told: dict[str, Any] = {
        "giver": MARIA,
        "keep": False,
        "scope": Scope(frozenset({KNEE})),
        "starts": NOW - DAY,
        "ends": NOW + 29 * DAY,
    }
    return Grant(**(told | changed))


def facts(*grants: Grant, **changed: Any) -> Facts:  # noqa: ANN401  a field's
    """Return what is known of María's knee, changed."""
    told: dict[str, Any] = {
        "record": RECORD,
        "owner": MARIA,
        "available": True,
        "released": True,
        "study": KNEE,
        "arrived": NOW - 2 * DAY,
        "now": NOW,
    }
    return Facts(**(told | changed), grants=grants)


@pytest.mark.parametrize(
    ("reader", "action", "known", "because"),
    [
        (DOCTOR, Action.LOOK, facts(grant()), Because.GRANTED),
        (DOCTOR, Action.LIST, facts(grant()), Because.GRANTED),
        (DOCTOR, Action.LOOK, facts(), Because.NOT_YOURS),
        (DOCTOR, Action.LOOK, facts(grant(ended=Ended.WITHDRAWN)), Because.WITHDRAWN),
        (DOCTOR, Action.LOOK, facts(grant(ends=NOW)), Because.EXPIRED),
        # A clock that is set back does not wake what has ended.
        (DOCTOR, Action.LOOK, facts(grant(ended=Ended.EXPIRED)), Because.EXPIRED),
        (DOCTOR, Action.LOOK, facts(grant(starts=NOW + DAY)), Because.NOT_BEGUN),
        (DOCTOR, Action.LOOK, facts(grant(), study=HEAD), Because.NOT_GIVEN),
        (DOCTOR, Action.LOOK, facts(grant(giver=OTTO)), Because.NOT_YOURS),
        (DOCTOR, Action.LOOK, facts(grant(), owner=OTTO), Because.NOT_YOURS),
        (DOCTOR, Action.LOOK, facts(grant(), owner=None), Because.NOT_YOURS),
        (DOCTOR, Action.LOOK, facts(grant(), certain=False), Because.UNCERTAIN),
        (DOCTOR, Action.LOOK, facts(grant(), held=True), Because.HELD),
        # What is held is not even there.
        (DOCTOR, Action.LIST, facts(grant(), released=False), Because.NOT_RELEASED),
        (DOCTOR, Action.KEEP, facts(grant()), Because.LOOK_ONLY),
        (OWN_VIEWER, Action.KEEP, facts(grant()), Because.LOOK_ONLY),
        (DOCTOR, Action.KEEP, facts(grant(keep=True)), Because.VIEWING_LOOKS),
        (OWN_VIEWER, Action.KEEP, facts(grant(keep=True)), Because.GRANTED),
        # A viewer of the patient's own reads what they see themselves, and not what is held.
        (OF_MARIA, Action.KEEP, facts(grant(keep=True, scope=ALL)), Because.OWN_ADDRESS),
        (OF_MARIA, Action.LIST, facts(grant(scope=ALL), released=False), Because.NOT_RELEASED),
        (OF_MARIA, Action.LOOK, facts(grant(ended=Ended.WITHDRAWN)), Because.WITHDRAWN),
        (OF_MARIA, Action.LOOK, facts(grant(scope=ALL), owner=OTTO), Because.NOT_YOURS),
        # A consent is to a hospital's staff, as long as they are; or to one of them.
        (CLINICIAN, Action.LOOK, facts(grant(organisation="north")), Because.GRANTED),
        (CLINICIAN, Action.LOOK, facts(grant(organisation="south")), Because.NOT_YOURS),
        (CLINICIAN, Action.LOOK, facts(grant(staff=STAFF)), Because.GRANTED),
        (CLINICIAN, Action.LOOK, facts(grant(staff=COLLEAGUE)), Because.NOT_YOURS),
        (CLINICIAN, Action.LOOK, facts(grant()), Because.NOT_YOURS),
        (CLINICIAN, Action.LOOK, facts(grant(staff=STAFF, ends=NOW)), Because.EXPIRED),
        (DOCTOR, Action.LOOK, facts(grant(organisation="north")), Because.NOT_YOURS),
        (DOCTOR, Action.LOOK, facts(grant(staff=STAFF)), Because.NOT_YOURS),
        # Of several the widest counts, and a narrower one takes nothing away.
        (DOCTOR, Action.LOOK, facts(grant(ended=Ended.WITHDRAWN), grant()), Because.GRANTED),
        (DOCTOR, Action.LOOK, facts(grant(scope=ALL), study=HEAD), Because.GRANTED),
        (
            DOCTOR,
            Action.LOOK,
            facts(grant(scope=Scope(everything=True, sites=frozenset({"south"})))),
            Because.NOT_GIVEN,
        ),
        (
            DOCTOR,
            Action.LOOK,
            facts(grant(scope=Scope(everything=True, arrived_before=NOW - 3 * DAY))),
            Because.NOT_GIVEN,
        ),
    ],
)
def test_the_table(reader: Reader, action: Action, known: Facts, because: Because) -> None:
    """Each row is a sentence that the product promises."""
    allowed = because in {Because.GRANTED, Because.OWN_ADDRESS}
    assert may(reader, action, known) == Decision(allowed, because)


def test_nobody_reads_by_a_grant_but_within_it() -> None:
    """Over every combination there is."""
    scopes = (Scope(frozenset({KNEE})), Scope(frozenset({HEAD})), ALL, Scope())
    for giver, owner, keep, scope, starts, ends, ended, action, client, certain in product(
        (MARIA, OTTO),
        (MARIA, OTTO, None),
        (False, True),
        scopes,
        (NOW - DAY, NOW + DAY),
        (NOW - DAY, NOW, NOW + DAY, None),
        (None, *Ended),
        Action,
        (False, True),
        (False, True),
    ):
        given = Grant(giver, keep, scope, starts, ends, ended)
        reader = Reader(None, GUEST, MARIA, guest=GUEST, client=client)
        known = facts(given, owner=owner, certain=certain)
        expected = (
            certain
            and giver == owner == MARIA
            and (scope.everything or KNEE in scope.studies)
            and starts <= NOW
            and (ends is None or ends > NOW)
            and ended is None
            and (action is not Action.KEEP or (keep and client))
        )
        assert may(reader, action, known).allowed is expected


def test_a_grant_adds_nothing_to_who_is_signed_in() -> None:
    """A stranger with a session of their own reads nothing by another's grant."""
    stranger = Reader(OTTO, UUID(int=9))
    assert not may(stranger, Action.LOOK, facts(grant())).allowed


def test_a_consent_is_read_by_its_own_staff_alone() -> None:
    """Over every grantee and every reader there is."""
    sites = tuple(map(frozenset[str], ((), ("north",), ("north", "south"))))
    for organisation, to, staff, member_of, action in product(
        (None, "north", "east"), (None, STAFF, COLLEAGUE), (None, STAFF), sites, Action
    ):
        if organisation and to:
            continue  # a grant is to one of the two
        reader = Reader(None, GUEST, MARIA, guest=GUEST, staff=staff, sites=member_of)
        given = grant(organisation=organisation, staff=to, scope=ALL)
        theirs = organisation in member_of if organisation else to == staff
        assert may(reader, action, facts(given)).allowed is (theirs and action is not Action.KEEP)
