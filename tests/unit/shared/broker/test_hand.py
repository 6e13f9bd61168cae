"""shared.broker.hand: what goes elsewhere is confirmed there before it is acknowledged here."""

from collections.abc import Callable
from threading import Event as Flag
from typing import Any, cast

import pika
import pytest

from shared.broker.envelope import Outgoing
from shared.broker.hand import Delivery, handed_over, settle
from shared.broker.limit import Limit
from shared.consumer import DONE, Judgement, Message, Verdict
from shared.errors import EdgeDown

QUEUE = "notify.events"


class Line:
    """A link and a channel that write down what happens."""

    is_open = True

    def __init__(self, happened: list[str]) -> None:
        """Be there."""
        self.over = Flag()
        self._happened = happened

    def call(self, callback: Callable[[], object]) -> bool:
        """Run at once."""
        if not self.over.is_set():
            callback()
        return not self.over.is_set()

    def basic_ack(self, tag: int) -> None:
        """Write it down."""
        self._happened.append(f"ack {tag}")


class Desk:
    """Deliveries on one line, and a publisher that writes down."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.happened: list[str] = []
        self.posted: list[Outgoing] = []
        self.line = Line(self.happened)
        self.down = False
        self.limit = Limit(QUEUE, most=2)

    def delivery(self, tag: int, attempt: int = 0, site: str = "north") -> Delivery:
        """Return a message that has failed `attempt` times."""
        headers = {"ce-id": "1", "x-delivery-count": 3, "attempt": attempt}
        properties = pika.BasicProperties(headers=headers)
        message = Message("a.b.v1", b"body", attempt=attempt, site=site)
        line = cast("Any", self.line)
        return Delivery(message, properties, line, line, tag)

    def post(self, messages: list[Outgoing]) -> None:
        """Confirm, unless down."""
        if self.down:
            edge = "broker"
            raise EdgeDown(edge)
        self.posted += messages
        self.happened += [f"confirm {message.exchange}" for message in messages]

    def settle(self, delivery: Delivery, judgement: Judgement) -> None:
        """Do what was judged."""
        settle([delivery], [judgement], QUEUE, self.post, self.limit)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("attempt", "exchange"),
    [
        (0, "wait.10s"),
        (1, "wait.1m"),
        (2, "wait.10m"),
        (3, "wait.1h"),
        (4, "scanpass.dead"),
        (99, "scanpass.dead"),
    ],
)
def test_each_failure_waits_longer_and_the_fifth_is_the_last(
    desk: Desk, attempt: int, exchange: str
) -> None:
    """Confirmed in its tier, then acknowledged; the number goes with it."""
    desk.settle(desk.delivery(1, attempt), Judgement(Verdict.RETRY, "KeyError"))
    assert desk.happened == [f"confirm {exchange}", "ack 1"]
    (message,) = desk.posted
    assert message.routing_key == QUEUE
    assert message.headers["attempt"] == attempt + 1
    assert "x-delivery-count" not in message.headers


def test_a_dead_letter_says_why_and_when(desk: Desk) -> None:
    """As codes; never an error's text."""
    desk.settle(desk.delivery(1), Judgement(Verdict.DEAD, "malformed"))
    (message,) = desk.posted
    assert (message.exchange, message.headers["reason"]) == ("scanpass.dead", "malformed")
    assert message.headers["failed-at"].endswith("+00:00")


def test_a_paused_message_stays_where_it_is(desk: Desk) -> None:
    """Neither acknowledged nor published."""
    desk.settle(desk.delivery(1), Judgement(Verdict.PAUSE, "s3"))
    assert desk.happened == []


def test_nothing_is_acknowledged_that_the_broker_did_not_take(desk: Desk) -> None:
    """The whole hand stays, also what was done: a redelivery is boring, a loss is not."""
    desk.down = True
    hand = [desk.delivery(1), desk.delivery(2)]
    with pytest.raises(EdgeDown):
        settle(hand, [DONE, Judgement(Verdict.RETRY, "KeyError")], QUEUE, desk.post, desk.limit)
    assert desk.happened == []


def test_the_result_of_a_gone_channel_is_dropped(desk: Desk) -> None:
    """Its number means another message on the next channel."""
    delivery = desk.delivery(1)
    desk.line.over.set()
    desk.settle(delivery, DONE)
    assert not delivery.here
    assert desk.happened == []


def test_waiting_for_an_edge_counts_no_attempt(desk: Desk) -> None:
    """It is not the message's fault."""
    message = handed_over(desk.delivery(1, attempt=2), QUEUE)
    assert (message.exchange, message.routing_key) == ("wait.1m", QUEUE)
    assert message.headers["attempt"] == 2


@pytest.mark.parametrize("verdict", [Verdict.DEAD, Verdict.RETRY])
def test_a_site_with_too_many_dead_letters_waits_alone(desk: Desk, verdict: Verdict) -> None:
    """Its next message is tried again later, as it was; another site's dies as ever."""
    for tag, site in enumerate(("north", "north", "north", "sur")):
        desk.settle(desk.delivery(tag, attempt=4, site=site), Judgement(verdict, "KeyError"))
    dead, paused = "scanpass.dead", "wait.10m"
    assert [message.exchange for message in desk.posted] == [dead, dead, paused, dead]
    waiting = desk.posted[2]
    assert (waiting.routing_key, waiting.headers["attempt"]) == (QUEUE, 4)
    assert "reason" not in waiting.headers
    assert [each for each in desk.happened if each.startswith("ack")] == [
        f"ack {tag}" for tag in range(4)
    ]


def test_a_site_may_have_dead_letters_again_after_a_while() -> None:
    """What counts is how fast they grow."""
    limit = Limit(QUEUE, most=1, within=0.0)
    assert [limit.allows("north") for _ in range(3)] == [True, True, True]


def test_a_site_stays_paused_while_its_messages_go_on_failing() -> None:
    """What is tried again and fails again must not become a dead letter by patience alone."""
    limit = Limit(QUEUE, most=2, within=3600.0)
    assert [limit.allows("north") for _ in range(6)] == [True, True, False, False, False, False]
    assert limit.allows("sur")
