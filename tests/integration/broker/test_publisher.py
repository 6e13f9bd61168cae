"""shared.broker.publisher on the real broker: told means confirmed, and somebody took it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic

import pytest

from deploy.local import Servers
from deploy.local.waiting import until
from shared.broker.apply import request
from shared.broker.envelope import outgoing
from shared.broker.publisher import Publisher
from shared.broker.topology import BUCKET_EVENTS, DEAD
from shared.errors import EdgeDown
from tests.integration.broker.desk import PATIENCE, Desk, available


def test_a_told_event_is_in_the_queue(desk: Desk, publisher: Publisher) -> None:
    """`publish` returns when the broker has it."""
    publisher.publish(available())
    assert desk.depth() == 1


def test_what_no_queue_takes_is_not_told(publisher: Publisher) -> None:
    """The broker confirms an unroutable message as a success; we must not."""
    with pytest.raises(EdgeDown):
        publisher.send(DEAD, "nobody", b"{}", {})


def test_one_unroutable_message_among_many_is_noticed(desk: Desk, publisher: Publisher) -> None:
    """The rest of the batch arrives; telling all of it again is harmless."""
    lost = outgoing(available(), exchange=BUCKET_EVENTS, routing_key="nobody")
    with pytest.raises(EdgeDown):
        publisher.post([outgoing(available(1)), lost, outgoing(available(2))])
    assert desk.depth() == 2


def test_many_threads_share_one_publisher(desk: Desk, publisher: Publisher) -> None:
    """Confirms are pipelined, and each caller gets its own."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda revision: publisher.publish(available(revision)), range(200)))
    publisher.publish_many([available(revision) for revision in range(300)])
    assert desk.depth() == 500


def test_a_host_that_does_not_answer_is_passed_over(desk: Desk) -> None:
    """Of several hosts one is enough."""
    user, _, host = desk.amqp_url.rpartition("@")
    publisher = Publisher(f"{user}@127.0.0.1:1,{host}", "test")
    try:
        publisher.publish(available())
    finally:
        publisher.close()
    assert desk.depth() == 1


@pytest.fixture
def frozen(servers: Servers) -> Iterator[int]:
    """Return the id of the broker's process, which is woken up in the end."""
    process = servers.pid("broker")
    yield process
    os.kill(process, signal.SIGCONT)


def test_a_frozen_broker_is_given_up_in_time(desk: Desk, frozen: int) -> None:
    """It holds the connection open and says nothing; pika alone would wait for ever."""
    publisher = Publisher(desk.amqp_url, "test", deadline=1.0)
    try:
        publisher.publish(available(1))
        os.kill(frozen, signal.SIGSTOP)
        began = monotonic()
        with pytest.raises(EdgeDown):
            publisher.publish(available(2))
        assert monotonic() - began < 5.0
        os.kill(frozen, signal.SIGCONT)
        until(lambda: publisher.connected, PATIENCE, "the publisher does not come back")
        publisher.publish(available(3))
    finally:
        publisher.close()
    assert desk.depth() >= 2


def test_a_lost_connection_fails_what_is_open_and_comes_back(
    desk: Desk, publisher: Publisher
) -> None:
    """Nothing is confirmed that was not; the next call goes over a new connection."""
    publisher.publish(available())
    until(lambda: desk.cut_connections("test") > 0, PATIENCE, "the broker lists no connection")
    told = []

    def tell() -> None:
        try:
            publisher.publish(available(2))
        except EdgeDown:
            return
        told.append(2)

    def again() -> bool:
        thread = Thread(target=tell)
        thread.start()
        thread.join(PATIENCE)
        return bool(told)

    until(again, PATIENCE, "the publisher does not come back")
    assert desk.depth() >= 2


def test_a_full_queue_refuses(desk: Desk, publisher: Publisher) -> None:
    """What the queue rejects is not told (`overflow: reject-publish`)."""
    policy = {**desk.made[0].policy, "max-length": 1}
    body = {"pattern": f"^{desk.name}$", "definition": policy, "apply-to": "queues", "priority": 99}
    request(desk.management_url, "PUT", f"/api/policies/%2F/{desk.name}", body)

    def refused() -> bool:
        try:
            publisher.publish(available())
        except EdgeDown:
            return True
        return False

    until(refused, PATIENCE, "the queue takes everything")
    assert desk.depth() < 50
