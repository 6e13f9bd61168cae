"""shared.broker.subscription on the real broker: every verdict does what it says."""

from collections.abc import Callable, Iterable

import pytest

from deploy.local.waiting import until
from shared.broker.publisher import Publisher
from shared.broker.topology import TRIES
from shared.errors import EdgeDown, Malformed
from shared.events import Event, StudyAvailable
from shared.service import Service
from tests.integration.broker.desk import PATIENCE, Desk, Running, available

Run = Callable[[Service], Running]


def settled(desk: Desk, running: Running) -> None:
    """Wait until nothing is in the queue, and stop: what was not acknowledged comes back then."""
    until(lambda: desk.depth() == 0, PATIENCE, "messages are left")
    running.stop()


def test_a_handled_message_is_gone(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """Acknowledged, once its effect is there."""
    seen: list[Event] = []

    def see(event: Event) -> Iterable[Event]:
        seen.append(event)
        return ()

    service.consume(desk.name, {StudyAvailable: see}, workers=2)
    running = run(service)
    publisher.publish_many([available(revision) for revision in range(50)])
    until(lambda: len(seen) >= 50, PATIENCE, "not all were handled")
    settled(desk, running)
    assert desk.depth() == 0
    assert {event.sequence for event in seen} == set(range(50))


@pytest.mark.usefixtures("short_tiers")
def test_an_unknown_error_goes_through_every_tier_and_then_dies(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """Each try carries its number back to the work queue; after the last, a reason."""
    tries: list[int] = []

    def fail(event: StudyAvailable) -> Iterable[Event]:
        tries.append(event.revision)
        raise ZeroDivisionError

    service.consume(desk.name, {StudyAvailable: fail}, workers=1)
    running = run(service)
    publisher.publish(available())
    until(lambda: len(tries) >= TRIES, PATIENCE, "not tried often enough")
    settled(desk, running)
    (properties, body), *others = desk.dead()
    assert others == []
    assert StudyAvailable.model_validate_json(body) == available()
    assert properties.headers["attempt"] == TRIES == len(tries)
    assert properties.headers["reason"] == "ZeroDivisionError"
    assert properties.headers["ce-id"] == str(available().id)


@pytest.mark.usefixtures("short_tiers")
def test_a_message_that_fails_once_is_handled_the_second_time(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """A retry comes back to the queue it came from, with the body it had."""
    seen: list[Event] = []

    def fail_once(event: Event) -> Iterable[Event]:
        seen.append(event)
        if len(seen) == 1:
            raise ZeroDivisionError
        return ()

    service.consume(desk.name, {StudyAvailable: fail_once}, workers=1)
    running = run(service)
    publisher.publish(available())
    until(lambda: len(seen) == 2, PATIENCE, "it did not come back")
    settled(desk, running)
    assert seen == [available(), available()]
    assert desk.dead() == []


def test_the_messages_own_fault_is_dead_at_once(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """No retry can help it; the reason is a code."""

    def refuse(_event: Event) -> Iterable[Event]:
        msg = "DOE^JANE"
        raise Malformed(msg)

    service.consume(desk.name, {StudyAvailable: refuse}, workers=1)
    running = run(service)
    publisher.publish(available())
    letters: list[str] = []

    def died() -> bool:
        letters.extend(str(properties.headers) for properties, _ in desk.dead())
        return bool(letters)

    until(died, PATIENCE, "no dead letter")
    settled(desk, running)
    assert "'reason': 'malformed'" in letters[0]
    assert "DOE" not in letters[0]


def test_an_edge_that_is_down_costs_no_message(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """The consumer waits with the message in hand; its backlog stays, and nothing dies."""
    down, seen, tried = [True], set(), []

    def handle(event: StudyAvailable) -> Iterable[Event]:
        tried.append(event)
        if down[0]:
            edge = "s3"
            raise EdgeDown(edge)
        seen.add(event.revision)
        return ()

    service.consume(desk.name, {StudyAvailable: handle}, workers=1)
    running = run(service)
    publisher.publish_many([available(revision) for revision in range(10)])
    until(lambda: len(tried) >= 2, PATIENCE, "it does not try again")
    assert {event.revision for event in tried} == {0}
    assert service.unlive() == []  # paused is alive
    down[0] = False
    until(lambda: len(seen) == 10, PATIENCE, "it does not go on")
    settled(desk, running)
    assert desk.dead() == []


def test_what_follows_is_confirmed_before_the_handler_goes_on(
    desk: Desk, publisher: Publisher, service: Service, run: Run
) -> None:
    """After a `yield` the broker has the event, so the source may be let go of."""
    depth_after: list[int] = []

    def echo(event: StudyAvailable) -> Iterable[Event]:
        if event.revision == 1:
            yield available(2)
            depth_after.append(desk.depth())

    service.consume(desk.name, {StudyAvailable: echo}, workers=1, prefetch=1)
    running = run(service)
    publisher.publish(available(1))
    until(lambda: bool(depth_after), PATIENCE, "the handler did not go on")
    settled(desk, running)
    assert depth_after == [1]
    assert desk.depth() == 0
