"""ingest.webhook: a hint is passed on, everything else is answered politely."""

import pytest
from structlog.testing import capture_logs

from services.ingest.arrivals import Dropped, ceph, listing
from services.ingest.arrivals.records import Unheard
from services.ingest.webhook import delivered, receive
from shared.consumer import DONE, Message, Verdict, consume_raw
from tests.unit.ingest.arrivals.conftest import FIXTURES
from tests.unit.ingest.test_arrivals import found

CEPH = (FIXTURES / "ceph-put.json").read_bytes()


def test_a_hint_is_passed_on() -> None:
    """And only a hint."""
    hint = listing.hint(found("north/1"))
    assert hint is not None
    arrived: list[Dropped] = []
    assert receive(b"", lambda _: [hint], arrived.append, "one")[0] == 202
    assert receive(b"", lambda _: [], arrived.append, "one")[0] == 200
    delivered(b"", lambda _: [hint, hint], arrived.append)
    assert arrived == [hint] * 3


def test_what_nobody_understands_is_refused_without_a_word_of_it() -> None:
    """The sender gets 422 and a code, the log the same code; the key is nowhere."""
    body = CEPH.replace(b"ceph:s3", b"north/Doe, Jane")
    arrived: list[Dropped] = []
    with capture_logs() as lines:
        answer = receive(body, ceph.hints, arrived.append, "ceph")
    assert answer == (422, "other-server\n")
    assert [(line["event"], line["dialect"], line["reason"]) for line in lines] == [
        ("bucket_event_refused", "ceph", "other-server")
    ]
    assert "Doe" not in str(lines)
    assert "north" not in str(lines)
    assert arrived == []


@pytest.mark.parametrize(
    ("body", "judged"), [(CEPH, DONE.verdict), (b"Doe, Jane", Verdict.DEAD)], ids=["event", "junk"]
)
def test_by_amqp_it_is_acked_or_dead(body: bytes, judged: Verdict) -> None:
    """What nobody understands goes to the dead letters at once; a retry would not help."""
    arrived: list[Dropped] = []
    with capture_logs() as lines:
        verdict = consume_raw(
            Message(type="", body=body),
            lambda raw: delivered(raw, ceph.hints, arrived.append),
        ).verdict
    assert verdict is judged
    assert len(arrived) == (judged is Verdict.ACK)
    assert "Doe" not in str(lines)


def test_a_hint_that_cannot_be_passed_on_is_not_heard() -> None:
    """Both ways the sender learns of it: 503 by HTTP, no acknowledgement by AMQP."""

    def down(_hint: Dropped) -> None:
        raise Unforeseen

    with pytest.raises(Unforeseen):
        receive(CEPH, ceph.hints, down, "ceph")
    with capture_logs():
        verdict = consume_raw(
            Message(type="", body=CEPH), lambda raw: delivered(raw, ceph.hints, down)
        ).verdict
    assert verdict is Verdict.RETRY


class Unforeseen(Exception):
    """Something is wrong with us."""


def test_a_refusal_is_the_messages_fault() -> None:
    """Its text is its code."""
    assert str(Unheard("no-records")) == "no-records"
