"""Object stores at the broker: each with the rights of docs/bucket-events.md, and its own ways."""

import json
from typing import Any
from urllib.parse import quote, quote_plus

import pika
from pika.adapters.blocking_connection import BlockingChannel

from shared.broker.apply import request
from shared.broker.topology import ARRIVALS
from tests.unit.ingest.arrivals.conftest import FIXTURES

NOTHING, EXCHANGE, OWN_QUEUES = "^$", r"^scanpass\.arrivals$", r"^amq\.gen-"
# (configure, write, read), as the documentation tells the operator.
RIGHTS = {
    "minio": (EXCHANGE, EXCHANGE, NOTHING),
    "rustfs": (NOTHING, EXCHANGE, NOTHING),
    "ceph": (OWN_QUEUES, EXCHANGE, OWN_QUEUES),
}
SPOKEN = {"minio": "minio-put", "rustfs": "rustfs-amqp", "ceph": "ceph-put", "aws": "aws-put"}


def user(environment: dict[str, str], name: str) -> str:
    """Make the broker's user for one kind of store, and return where it connects."""
    management = environment["SCANPASS_MANAGEMENT_URL"]
    configure, write, read = RIGHTS[name]
    request(management, "PUT", f"/api/users/{name}", {"password": "pw-of-test", "tags": ""})
    rights = {"configure": configure, "write": write, "read": read}
    request(management, "PUT", f"/api/permissions/{quote('/', safe='')}/{name}", rights)
    address = environment["SCANPASS_AMQP_URL"].rpartition("@")[2]
    return f"amqp://{name}:pw-of-test@{address}"


def spoken(name: str, key: str, version: str) -> bytes:
    """Return what the store says of one version."""
    body: Any = json.loads((FIXTURES / f"{SPOKEN[name]}.json").read_text("utf-8"))
    record = body["Records"][0].get("data", body["Records"][0])
    written = key if name == "ceph" else quote_plus(key)
    record["s3"]["object"] |= {"key": written, "versionId": version}
    return json.dumps(body).encode()


def speak(name: str, channel: BlockingChannel, body: bytes) -> None:
    """Do on the wire what the store does to tell one event; returns when it is confirmed."""
    if name == "minio":  # its amqp.go declares the exchange before each event
        channel.exchange_declare(ARRIVALS, "fanout", durable=True)
    if name == "ceph":  # its rgw_amqp.cc asks for the exchange, and has a queue for confirms
        channel.exchange_declare(ARRIVALS, "topic", passive=True)
        queue = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
        channel.basic_consume(queue, lambda *_: None, auto_ack=True, exclusive=True)
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
    channel.basic_publish(ARRIVALS, "drops", body, persistent, mandatory=True)
