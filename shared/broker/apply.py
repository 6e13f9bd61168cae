"""Create what the table says, and see whether it is there."""

import json
from base64 import b64encode
from http import HTTPStatus
from re import escape
from time import sleep
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from shared.broker.hosts import hosts
from shared.broker.topology import TOPOLOGY, Queue, Table
from shared.errors import EdgeDown

NAME = "scanpass topology apply"  # how the broker lists our connection
TIMEOUT = 10.0  # seconds for one request to the management API
# Seconds until the names of new queues are on the disk. RabbitMQ saves them when they have been
# left alone for half a second; killed before, it finds the first stream no more, for good
# (measured on 3.10.8: lost after 1.2 s, kept after 1.7 s).
SAVED = 3.0


class Refused(Exception):
    """The broker answers, and says no: the wrong user, or a queue that is there and different."""


def apply(amqp_url: str, management_url: str, table: Table = TOPOLOGY) -> None:
    """Create all of `table`, so that it outlives a `kill -9`; again is harmless.

    Needs an administrator (`ops`).

    Raises:
        EdgeDown: the broker does not answer.
        Refused: it does, and says no.

    """
    virtual_host = hosts(amqp_url, NAME)[0].virtual_host
    there = queues(management_url, virtual_host)
    create(amqp_url, management_url, table)
    if not {queue.name for queue in table.queues} <= there:
        sleep(SAVED)


def create(amqp_url: str, management_url: str, table: Table) -> None:
    """Do so without waiting until it is on the disk.

    Policies come first, so that no queue ever lives a moment without its dead-letter exchange.

    Raises:
        EdgeDown: the broker does not answer.
        Refused: it does, and says no.

    """
    parameters = hosts(amqp_url, NAME)
    for queue in table.queues:
        set_policy(management_url, parameters[0].virtual_host, queue)
    try:
        with pika.BlockingConnection(parameters) as connection:
            declare(connection.channel(), table)
    except (pika.exceptions.ChannelClosedByBroker, pika.exceptions.ConnectionClosedByBroker) as no:
        raise Refused(no.reply_text) from None
    except AMQPError:
        edge = "broker"
        raise EdgeDown(edge) from None


def queues(management_url: str, virtual_host: str) -> set[str]:
    """Return the names of the queues that are there.

    Raises:
        EdgeDown: the management API does not answer.
        Refused: it does, and says no.

    """
    path = f"/api/queues/{quote(virtual_host, safe='')}?columns=name"
    listed = request(management_url, "GET", path)
    return {queue["name"] for queue in listed} if isinstance(listed, list) else set()


def delete(amqp_url: str, management_url: str, queue: str) -> None:
    """Delete a queue with all that is in it: what was there is told again, see the receipts.

    Raises:
        EdgeDown: the management API does not answer.
        Refused: it does, and says no.

    """
    virtual_host = quote(hosts(amqp_url, NAME)[0].virtual_host, safe="")
    request(management_url, "DELETE", f"/api/queues/{virtual_host}/{quote(queue, safe='')}")


def declare(channel: BlockingChannel, table: Table) -> None:
    """Declare and bind everything durable."""
    for exchange in table.exchanges:
        channel.exchange_declare(exchange.name, exchange.kind, durable=True)
    for queue in table.queues:
        channel.queue_declare(queue.name, durable=True, arguments={"x-queue-type": queue.kind})
        for binding in queue.bindings:
            channel.queue_bind(queue.name, binding.exchange, binding.routing_key)


def check(channel: BlockingChannel, table: Table = TOPOLOGY) -> None:
    """Declare everything passively, which needs no right to configure.

    Raises:
        pika.exceptions.ChannelClosedByBroker: something is not there (404).

    """
    for exchange in table.exchanges:
        channel.exchange_declare(exchange.name, passive=True)
    for queue in table.queues:
        channel.queue_declare(queue.name, passive=True)


def set_policy(management_url: str, virtual_host: str, queue: Queue) -> None:
    """Give `queue` its one policy, by the name of the queue.

    Raises:
        EdgeDown: the management API does not answer.
        Refused: it does, and says no.

    """
    body = {
        "pattern": f"^{escape(queue.name)}$",
        "definition": queue.policy,
        "apply-to": "queues",
        "priority": 10,
    }
    path = f"/api/policies/{quote(virtual_host, safe='')}/{quote(queue.name, safe='')}"
    request(management_url, "PUT", path, body)


def request(management_url: str, method: str, path: str, body: object = None) -> object:
    """Ask the management API at `http://user:password@host:port`; the answer's JSON, or None.

    Raises:
        EdgeDown: it does not answer.
        Refused: it does, and says no.

    """
    parts = urlsplit(management_url)
    account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    asked = Request(  # noqa: S310  the scheme is the operator's own setting
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={
            "authorization": f"Basic {b64encode(account.encode()).decode()}",
            "content-type": "application/json",
        },
    )
    try:
        with urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310  as above
            text = answer.read()
    except HTTPError as no:
        no.close()
        msg = f"{no.code} {HTTPStatus(no.code).phrase}"
        raise Refused(msg) from None
    except OSError:
        edge = "broker"
        raise EdgeDown(edge) from None
    return json.loads(text) if text else None
