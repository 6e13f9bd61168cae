"""What a publisher promises, kept by the one in memory and by RabbitMQ."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pika
import pytest

from shared.broker.apply import create
from shared.broker.hosts import hosts
from shared.broker.publisher import Publisher
from shared.broker.topology import BUCKET_EVENTS, DEAD, EVENTS, TOPOLOGY, Table, dead_queue, work
from shared.errors import EdgeDown
from shared.events import Because, Completeness, StudyAvailable
from tests.fakes.broker import MemoryPublisher

QUEUE = f"contract-{uuid4().hex[:8]}.studies"
MADE = work(QUEUE, (EVENTS, "study.available.*"), (BUCKET_EVENTS, f"drop.live.{QUEUE[:17]}"))
AVAILABLE = StudyAvailable(
    site="north",
    study_uid="1.2.3",
    record=None,
    revision=1,
    series=1,
    instances=3,
    failed=0,
    completeness=Completeness.COMPLETE,
    because=Because.QUIET,
)


class Memory:
    """The one in memory, and a look into its queues."""

    def __init__(self) -> None:
        """Have the same queues as the real one."""
        self.publisher = MemoryPublisher(TOPOLOGY + MADE)

    def bodies(self, queue: str) -> list[bytes]:
        """Return what is in `queue`."""
        return [message.body for message in self.publisher.queues[queue]]


class Real:
    """RabbitMQ, and a look into its queues."""

    def __init__(self, amqp_url: str) -> None:
        """Connect."""
        self._url = amqp_url
        self.publisher = Publisher(amqp_url, "contract")

    def bodies(self, queue: str) -> list[bytes]:
        """Take what is in `queue`."""
        taken: list[bytes] = []
        with pika.BlockingConnection(hosts(self._url, "contract")) as connection:
            channel = connection.channel()
            while True:
                method, _, body = channel.basic_get(queue, auto_ack=True)
                if method is None:
                    return taken
                taken.append(body)

    def close(self) -> None:
        """Disconnect, and delete the queues."""
        self.publisher.close()
        with pika.BlockingConnection(hosts(self._url, "contract")) as connection:
            for queue in MADE:
                connection.channel().queue_delete(queue.name)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def real(environment: Callable[[str], dict[str, str]]) -> Iterator[Real]:
    ops = environment("ops")
    create(ops["SCANPASS_AMQP_URL"], ops["SCANPASS_MANAGEMENT_URL"], Table((), MADE))
    one = Real(ops["SCANPASS_AMQP_URL"])
    yield one
    one.close()


@pytest.fixture(params=["memory", "real"])
def edge(request: pytest.FixtureRequest) -> Memory | Real:
    one = request.getfixturevalue(request.param)
    assert isinstance(one, Memory | Real)
    return one


def test_an_event_reaches_the_queues_bound_to_its_kind(edge: Memory | Real) -> None:
    """And no other."""
    edge.publisher.publish(AVAILABLE)
    assert [StudyAvailable.model_validate_json(body) for body in edge.bodies(QUEUE)] == [AVAILABLE]
    assert edge.bodies(dead_queue(QUEUE)) == []


def test_many_events_keep_their_sequence(edge: Memory | Real) -> None:
    """All are told when the call returns."""
    events = [AVAILABLE.model_copy(update={"revision": number}) for number in range(50)]
    edge.publisher.publish_many(events)
    assert [StudyAvailable.model_validate_json(body) for body in edge.bodies(QUEUE)] == events


def test_a_raw_message_goes_where_it_is_sent(edge: Memory | Real) -> None:
    """With the body it has."""
    edge.publisher.send(DEAD, QUEUE, b'{"raw": true}', {})
    assert edge.bodies(dead_queue(QUEUE)) == [b'{"raw": true}']


def test_an_event_may_go_through_another_exchange(edge: Memory | Real) -> None:
    """As the hints of dropped objects do."""
    edge.publisher.send_event(AVAILABLE, BUCKET_EVENTS, f"drop.live.{QUEUE[:17]}")
    assert len(edge.bodies(QUEUE)) == 1


def test_what_nobody_takes_is_not_told(edge: Memory | Real) -> None:
    """The caller keeps it, and tells it again."""
    with pytest.raises(EdgeDown):
        edge.publisher.send(DEAD, "nobody", b"{}", {})
