"""shared.broker.feed on the real broker: a consumer comes back, and loses nothing."""

from collections.abc import Callable, Iterable
from threading import Event as Flag

from deploy.local import Servers
from deploy.local.waiting import until
from shared.broker.apply import apply
from shared.broker.publisher import Publisher
from shared.broker.topology import Table
from shared.errors import EdgeDown
from shared.events import Event, StudyAvailable
from shared.service import Service
from tests.integration.broker.desk import PATIENCE, Desk, Running, available

Run = Callable[[Service], Running]
RESTART = 60.0  # seconds


class Seen:
    """A handler that remembers, and that can be held up."""

    def __init__(self) -> None:
        """Hold nothing up."""
        self.revisions: list[int] = []
        self.begun = 0
        self.go_on = Flag()
        self.go_on.set()

    def __call__(self, event: StudyAvailable) -> Iterable[Event]:
        """Remember the revision."""
        self.begun += 1
        self.go_on.wait(PATIENCE)
        self.revisions.append(event.revision)
        return ()


def test_a_lost_connection_means_redelivery(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """What was in hand when the connection died is delivered again, and its old result dropped."""
    seen = Seen()
    seen.go_on.clear()
    service.consume(desk.name, {StudyAvailable: seen}, workers=1)
    running = run(service)
    publisher.publish(available(7))
    until(lambda: seen.begun == 1, PATIENCE, "it does not begin")
    until(lambda: desk.cut_connections("census") >= 2, PATIENCE, "no connection to cut")
    until(lambda: not running.ready(), PATIENCE, "the connection lives on")
    seen.go_on.set()
    until(lambda: seen.revisions == [7, 7], PATIENCE, "it was not delivered again")
    until(running.ready, PATIENCE, "the service does not come back")
    running.stop()
    assert desk.depth() == 0
    assert desk.dead() == []


def test_a_consumer_whose_queue_was_deleted_comes_back_with_it(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """The broker cancels it in silence; it must not look alive and wait for ever."""
    seen = Seen()
    service.consume(desk.name, {StudyAvailable: seen}, workers=1)
    running = run(service)
    desk.delete()
    until(lambda: not running.ready(), PATIENCE, "nobody noticed")
    assert desk.name in service.unready()
    desk.apply()
    until(running.ready, PATIENCE, "the consumer does not come back")
    publisher.publish(available(1))
    until(lambda: seen.revisions == [1], PATIENCE, "it does not consume")


def test_a_killed_broker_loses_nothing(
    desk: Desk, servers: Servers, service: Service, run: Run
) -> None:
    """What was confirmed before `kill -9` is handled after the restart."""
    desk.delete()
    apply(desk.amqp_url, desk.management_url, Table((), desk.made))
    publisher = Publisher(desk.amqp_url, "test")
    publisher.publish_many([available(revision) for revision in range(100)])
    servers.kill("broker")
    servers.start("broker")
    seen = Seen()
    service.consume(desk.name, {StudyAvailable: seen}, workers=4)
    run(service)
    until(lambda: set(seen.revisions) == set(range(100)), RESTART, "messages are lost")

    def told() -> bool:
        try:
            publisher.publish(available(100))
        except EdgeDown:
            return False
        return True

    until(told, PATIENCE, "the publisher does not come back")
    until(lambda: 100 in seen.revisions, PATIENCE, "the consumer does not come back")
    publisher.close()


def test_a_stopped_service_finishes_what_is_in_hand(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """Handled or still in the queue: nothing is lost, nothing is both."""
    seen = Seen()
    seen.go_on.clear()
    service.consume(desk.name, {StudyAvailable: seen}, workers=2, prefetch=8)
    running = run(service)
    publisher.publish_many([available(revision) for revision in range(30)])
    until(lambda: seen.begun == 2, PATIENCE, "not every worker is at work")
    service.stopping.set()
    until(lambda: desk.name in service.unready(), PATIENCE, "it goes on taking")
    seen.go_on.set()
    running.stop()
    assert len(seen.revisions) == 2  # one a worker
    until(lambda: desk.depth() == 28, PATIENCE, "messages are lost")


def test_a_paused_service_stops_at_once(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """The message stays with the broker, and is no dead letter."""
    tried = Flag()

    def fail(_event: Event) -> Iterable[Event]:
        tried.set()
        edge = "s3"
        raise EdgeDown(edge)

    service.consume(desk.name, {StudyAvailable: fail}, workers=1)
    running = run(service)
    publisher.publish(available())
    assert tried.wait(PATIENCE)
    running.stop()
    until(lambda: desk.depth() == 1, PATIENCE, "the message is lost")
    assert desk.dead() == []
