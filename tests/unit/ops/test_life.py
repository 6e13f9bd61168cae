"""ops.life: what happened to a thing, in order, the same step of many objects once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.ops.life import Moment, Traces, life
from shared.reference import reference

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def receipt(second: float) -> dict[str, Any]:
    return {
        "dropped_at": after(second),
        "received_at": after(second + 1),
        "door": "bucket",
        "lane": "live",
        "kind": "instance",
        "bucket": "archive",
    }


def delivery(state: str, **other: object) -> dict[str, Any]:
    return {
        "kind": "study-released",
        "created_at": after(20),
        "due_at": after(21),
        "sent_at": None,
        "state": state,
        "channel": "email",
        "attempts": 1,
        "reason": None,
        **other,
    }


def test_a_life_runs_from_the_drop_to_the_letter() -> None:
    """Each step has its time and its detail, and they are in order whatever table they are from."""
    moments = life(
        Traces(
            deliveries=[delivery("sent", sent_at=after(30))],
            receipts=[receipt(0)],
            settlements=[{"settled_at": after(4), "outcome": "kept", "reason": "lossy-source"}],
            contents=[{"filed_at": after(3), "standing": "presented", "conflict": None}],
            studies=[
                {
                    "first_seen": after(3),
                    "available_at": after(10),
                    "released_at": after(10),
                    "revision": 1,
                    "completeness": "complete",
                    "because": "quiet",
                }
            ],
        )
    )

    assert [moment.what for moment in moments] == [
        "dropped",
        "received",
        "filed",
        "first seen",
        "transcoded",
        "available",
        "released",
        "letter owed",
        "letter sent",
    ]
    assert moments[5].detail == "revision 1, complete, because quiet"
    assert moments[4].detail == "kept, lossy-source"


def test_the_same_step_of_many_objects_is_one_moment() -> None:
    """A series of 181 slices is not 181 lines."""
    moments = life(Traces(receipts=[receipt(second) for second in (5, 0, 9)]))
    assert moments[0] == Moment(after(0), after(9), "dropped", "through bucket, lane live", 3)


def test_a_digest_names_the_studies_in_it() -> None:
    """Each with its own reference, so that whoever is called can find them."""
    added = [{"site": "north", "study_uid": f"1.{n}", "added_at": after(20 + n)} for n in (0, 1)]
    letter = delivery("sent", kind="studies-released", sent_at=after(30))
    moments = life(Traces(deliveries=[letter], digested=added))
    assert [moment.what for moment in moments] == [
        "letter owed",
        "study added",
        "study added",
        "letter sent",
    ]
    assert moments[0].detail == "studies released"
    assert moments[2].detail == f"1.1, reference {reference('study', 'north', '1.1')}"


def test_what_has_not_happened_is_not_told() -> None:
    """A study that still arrives was neither available nor released."""
    study: dict[str, Any] = {"first_seen": START, "available_at": None, "released_at": None}
    study |= {"revision": 0, "completeness": None, "because": None}
    assert [moment.what for moment in life(Traces(studies=[study]))] == ["first seen"]


def test_the_quarantine_and_the_decision_are_told() -> None:
    """Who decided is a code."""
    row = {
        "quarantined_at": START,
        "reason": "truncated",
        "decision": "reject",
        "decided_at": after(60),
        "actor": "kim",
    }
    told = [(moment.what, moment.detail) for moment in life(Traces(quarantined=[row]))]
    assert told == [("quarantined", "truncated"), ("decided", "rejected by kim")]


def test_why_there_is_no_letter_yet_is_told() -> None:
    """Owed, due or refused for good are three different answers."""
    owed = life(Traces(deliveries=[delivery("owed", channel=None, attempts=0)]))
    due = life(Traces(deliveries=[delivery("due", attempts=2, reason="smtp-421")]))
    failed = life(Traces(deliveries=[delivery("failed", reason="smtp-550")]))

    assert (owed[-1].what, owed[-1].detail) == ("letter waits", "no address or number on file")
    assert (due[-1].what, due[-1].detail) == ("letter due", "email, 2 tried, last: smtp-421")
    assert (failed[-1].what, failed[-1].detail) == ("letter failed", "email, smtp-550")
