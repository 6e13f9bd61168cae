"""The broker's users fit the table of queues and exchanges."""

import re

from deploy.local.accounts import QUEUES, permissions
from shared.broker.topology import ARRIVALS, TOPOLOGY


def test_every_queue_of_a_service_is_read_by_it_alone() -> None:
    """The table and the rights name the same queues; the dead are the operator's."""
    for queue in (queue.name for queue in TOPOLOGY.queues):
        readers = {name for name in QUEUES if re.search(permissions(name)["read"], queue)}
        service = queue.partition(".")[0]
        dead = queue.endswith(".dead")
        assert readers == ({service} if service in QUEUES and not dead else set()), queue


def test_every_exchange_a_service_writes_to_is_in_the_table() -> None:
    """Nobody is granted what is not there, and s3.events is ingest's alone.

    Into scanpass.arrivals object stores write, and no service.
    """
    exchanges = {exchange.name for exchange in TOPOLOGY.exchanges} - {ARRIVALS}
    for name in QUEUES:
        assert not re.search(permissions(name)["write"], ARRIVALS)
        written = {each for each in exchanges if re.search(permissions(name)["write"], each)}
        assert written == (exchanges if name == "ingest" else exchanges - {"s3.events"})
        assert not re.search(permissions(name)["configure"], "anything")
