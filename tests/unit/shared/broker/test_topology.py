"""shared.broker.topology: one table, in which no message can vanish."""

import pytest

from shared.broker.topology import (
    ARRIVALS,
    BUCKET_EVENTS,
    DEAD,
    EVENTS,
    TIERS,
    TOPOLOGY,
    TRIES,
    Exchange,
    Queue,
    dead_queue,
    tier,
    work,
)

NAMES = {queue.name for queue in TOPOLOGY.queues}
WORK = [queue for queue in TOPOLOGY.queues if dead_queue(queue.name) in NAMES]


def test_every_binding_has_its_exchange() -> None:
    """And no name comes twice."""
    exchanges = {exchange.name for exchange in TOPOLOGY.exchanges}
    assert {binding.exchange for queue in TOPOLOGY.queues for binding in queue.bindings} == (
        exchanges
    )
    assert len(NAMES) == len(TOPOLOGY.queues)


@pytest.mark.parametrize("queue", WORK, ids=lambda queue: queue.name)
def test_a_work_queue_deletes_nothing(queue: Queue) -> None:
    """A delivery limit without a dead-letter exchange would, and so would at-most-once."""
    assert queue.policy["delivery-limit"] == 20
    assert queue.policy["dead-letter-exchange"] == DEAD
    assert queue.policy["dead-letter-routing-key"] == queue.name
    assert queue.policy["dead-letter-strategy"] == "at-least-once"
    assert queue.policy["overflow"] == "reject-publish"
    assert queue.kind == "quorum"


def test_only_raw_bucket_events_expire_when_dead() -> None:
    """They may bear names; every other dead letter waits for a person."""
    dead = [queue for queue in TOPOLOGY.queues if queue.name.endswith(".dead")]
    expiring = {queue.name for queue in dead if "message-ttl" in queue.policy}
    raw = ("ingest.arrivals", "ingest.drops.live", "ingest.drops.backfill")
    assert expiring == {dead_queue(name) for name in raw}
    assert len(dead) == len(WORK) == 8


def test_the_journal_sees_all_events_and_no_bucket_events() -> None:
    """Hospitals put names into keys."""
    (journal,) = (queue for queue in TOPOLOGY.queues if queue.kind == "stream")
    assert [(one.exchange, one.routing_key) for one in journal.bindings] == [(EVENTS, "#")]
    assert not {BUCKET_EVENTS, ARRIVALS} & {one.exchange for one in journal.bindings}


def test_what_object_stores_tell_reaches_ingest_alone() -> None:
    """Whatever routing key they choose: the exchange is a fanout."""
    assert Exchange(ARRIVALS, "fanout") in TOPOLOGY.exchanges
    reached = {
        queue.name
        for queue in TOPOLOGY.queues
        if ARRIVALS in {binding.exchange for binding in queue.bindings}
    }
    assert reached == {"ingest.arrivals"}


def test_every_failure_but_the_last_has_a_tier() -> None:
    """10 s, 1 min, 10 min, 1 h, and then it is dead."""
    assert [tier(attempt) for attempt in range(1, TRIES + 1)] == [*TIERS, None]
    assert list(TIERS.values()) == sorted(TIERS.values())


def test_a_service_needs_its_own_queues_and_the_events() -> None:
    """No more, so that one service's trouble is not another's."""
    needed = TOPOLOGY.needed_by({"notify.events"})
    assert [exchange.name for exchange in needed.exchanges] == [EVENTS]
    assert [queue.name for queue in needed.queues] == ["notify.events"]


def test_a_new_service_adds_its_queue() -> None:
    """With its dead letters."""
    table = TOPOLOGY + work("census.studies", (EVENTS, "study.available.*"))
    assert {queue.name for queue in table.queues} - NAMES == {
        "census.studies",
        "census.studies.dead",
    }
