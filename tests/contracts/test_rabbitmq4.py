"""RabbitMQ 4.x, as its clients see it: consumers are cancelled, nacks are not counted, limit 20.

Debian has 3.10; what 4.x does otherwise is played here by a broker in the test, over a socket.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import pytest

from deploy.local.waiting import until
from shared.broker.envelope import Outgoing, outgoing
from shared.broker.topology import NO_LIMIT, TOPOLOGY, TRIES
from shared.config import ServiceSettings, read
from shared.events import CATALOGUE, Event, GrantEvent, StudyAvailable
from shared.service import Service
from tests.fakes.amqp import Published, Rabbit4
from tests.integration.broker.desk import PATIENCE, Running, available

QUEUE = "notify.events"
LARGEST = 16 << 20  # bytes of a message, the default of 4.0 and newer


@pytest.fixture
def rabbit() -> Iterator[Rabbit4]:
    with Rabbit4() as made:
        yield made


@pytest.fixture
def run(rabbit: Rabbit4, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Running]]:
    """Run a service with one handler on `QUEUE`."""
    monkeypatch.setenv("SCANPASS_AMQP_URL", rabbit.url)
    monkeypatch.setenv("SCANPASS_LOG_LEVEL", "ERROR")
    running: list[Running] = []

    def start(handle: Callable[[StudyAvailable], Iterable[Event]]) -> Running:
        service = Service("census", read(ServiceSettings))
        service.consume(QUEUE, {StudyAvailable: handle}, workers=1)
        running.append(Running(service))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def told(revision: int = 1) -> Outgoing:
    return outgoing(available(revision))


def test_a_cancelled_consumer_consumes_again(rabbit: Rabbit4, run: Callable[..., Running]) -> None:
    """4.x cancels when a leader moves and when a consumer is slow; silence would be for ever."""
    seen: list[int] = []

    def see(event: StudyAvailable) -> Iterable[Event]:
        seen.append(event.revision)
        return ()

    running = run(see)
    rabbit.seen.consumed[0].cancel()
    until(lambda: len(rabbit.seen.consumed) == 2, PATIENCE, "it does not consume again")
    until(running.ready, PATIENCE, "it is not ready again")
    message = told(7)
    rabbit.seen.consumed[1].deliver(message.headers, message.body, QUEUE)
    until(lambda: seen == [7] and rabbit.seen.acked == [1], PATIENCE, "it handles nothing")


def failing(_event: StudyAvailable) -> Iterable[Event]:
    """Fail as nobody expects."""
    raise ZeroDivisionError


def test_tries_are_counted_though_the_broker_counts_none(
    rabbit: Rabbit4, run: Callable[..., Running]
) -> None:
    """From 4.3 on a nack is not counted: the number of tries goes with the message itself."""
    run(failing)
    message = told()
    headers, body = message.headers, message.body
    for attempt in range(1, TRIES + 1):
        rabbit.seen.consumed[0].deliver(headers, body, QUEUE, redelivered=attempt > 1)
        until(lambda n=attempt: len(rabbit.seen.acked) == n, PATIENCE, "not acked")  # type: ignore[misc]  # mypy#4226
        headers = rabbit.seen.published[-1].headers
        assert headers["attempt"] == attempt
    exchanges = [each.exchange for each in rabbit.seen.published]
    assert exchanges == ["wait.10s", "wait.1m", "wait.10m", "wait.1h", "scanpass.dead"]
    assert rabbit.seen.given_back == []


def test_what_is_moved_is_confirmed_before_it_is_acknowledged(
    rabbit: Rabbit4, run: Callable[..., Running]
) -> None:
    """And nothing of the broker's own goes with it: a copied `x-death` was a cycle before 4.0.1."""
    run(failing)
    message = told()
    theirs = {"x-death": [{"count": 1}], "x-delivery-count": 19, "x-acquired-count": 3}
    rabbit.seen.consumed[0].deliver(message.headers | theirs, message.body, QUEUE)
    until(lambda: rabbit.seen.acked == [1], PATIENCE, "not acked")
    (moved,) = rabbit.seen.published
    assert isinstance(moved, Published)
    assert not [name for name in moved.headers if name.startswith("x-")]
    assert (moved.routing_key, moved.body) == (QUEUE, message.body)


def test_every_quorum_queue_says_its_own_delivery_limit() -> None:
    """4.x sets 20 where nobody does, and deletes in silence where no dead-letter exchange is."""
    queues = [queue for queue in TOPOLOGY.queues if queue.kind == "quorum"]
    assert [queue.name for queue in queues if "delivery-limit" not in queue.policy] == []
    limited = [queue for queue in queues if queue.policy["delivery-limit"] != NO_LIMIT]
    assert [queue.name for queue in limited if not queue.policy.get("dead-letter-exchange")] == []
    assert {queue.policy["delivery-limit"] for queue in limited} == {20}


def test_no_queue_is_of_a_kind_that_is_gone() -> None:
    """Neither classic nor transient nor mirrored: 4.x has quorum queues and streams for us."""
    assert {queue.kind for queue in TOPOLOGY.queues} == {"quorum", "stream"}
    assert not [queue for queue in TOPOLOGY.queues if set(queue.policy) & {"ha-mode", "queue-mode"}]


def test_no_event_can_outgrow_a_message() -> None:
    """4.x takes 16 MiB: an event has no list but of codes, and no text without a limit."""
    message = told()
    assert len(message.body) < LARGEST // 1000
    lists = {
        (event.routing_key, name)
        for event in CATALOGUE
        for name, field in event.model_json_schema()["properties"].items()
        if field.get("type") == "array"
    }
    grants = {event.routing_key for event in CATALOGUE if issubclass(event, GrantEvent)}
    codes = {*product(grants, ("actions", "conditions")), ("instance.stored.v1", "warnings")}
    assert lists == codes
