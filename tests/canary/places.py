"""Where nothing of a person may stand: each place, read whole."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pika

from deploy.local.demo.scanpass import CommandFailed
from tests.chaos.standing import Standing

Texts: TypeAlias = Iterator[tuple[str, bytes]]  # where exactly, and what stands there
NONE: frozenset[str] = frozenset()
# Hospitals put names into keys, and a bucket's own events tell keys: those alone may.
KEYS = frozenset({"key"})
JOURNAL = "journal"
SILENCE = 3.0  # seconds, after which a stream is read whole
MOST = 10_000  # messages of a queue
TABLES = """
    SELECT schemaname, tablename FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
COMMANDS = (
    *(("status",), ("dead", "list"), ("quarantine", "list"), ("audit", "verify")),
    *(("journal", "tail"), ("site", "list")),
)
# Tables in which people are kept by design; nothing of them may stand in any other one.
PERSONAL = {
    "catalogue": {"record", "roster_entry", "study", "series", "content"},
    "access": {
        *("person", "contact", "invitation", "signin", "helper", "link", "guest", "notice"),
        *("staff", "request", "answer"),
        "take_member",  # of a ZIP until it has ended: its DICOMDIR and pages
    },
}


@dataclass(frozen=True, slots=True)
class Place:
    """One place, how it is read, and what may stand there."""

    name: str
    read: Callable[[], Texts]
    but: frozenset[str] = NONE


def places(stage: Standing, scratch: Path) -> list[Place]:
    """Return all of them; `scratch` is where the services put temporary files."""
    root, logs = stage.servers.root, stage.servers.setting.logs
    broker = Broker(stage)
    return [
        Place("logs of the services", lambda: files(logs, "*.jsonl")),
        Place("log of RabbitMQ", lambda: files(logs, "broker*")),
        Place("log of PostgreSQL", lambda: files(logs, "database*")),
        Place("log of the object store", lambda: files(logs, "s3*"), KEYS),
        Place("all other logs", lambda: others(logs)),
        Place("metrics", lambda: metrics(stage)),
        Place("queues", lambda: broker.held(dead=False), KEYS),
        Place("dead letters", lambda: broker.held(dead=True), KEYS),
        Place("the journal", broker.journal),
        Place("what RabbitMQ says of itself", broker.itself),
        Place("disk of RabbitMQ", lambda: files(root / "broker", "**/*"), KEYS),
        Place("outboxes", lambda: tables(stage, outbox=True)),
        Place("all other tables", lambda: tables(stage, outbox=False)),
        Place("what PostgreSQL says of itself", lambda: itself(stage)),
        Place("ledger bucket", lambda: bucket(stage, "ledger")),
        Place("names of stored objects", lambda: keys(stage)),
        Place("processes", processes),
        Place("temporary files", lambda: files(scratch, "**/*")),
        Place("crash dumps", lambda: dumps(root)),
        Place("the operator's commands", lambda: commands(stage)),
    ]


def files(folder: Path, pattern: str) -> Texts:
    """Yield files, with their names."""
    for path in sorted(folder.glob(pattern)):
        with suppress(OSError):
            if path.is_file():
                yield path.name, os.fsencode(path) + b"\n" + path.read_bytes().rstrip(b"\0")


def others(logs: Path) -> Texts:
    """Yield logs that are of none of the others."""
    for name, text in files(logs, "**/*"):
        if not name.startswith(("broker", "database", "s3")) and not name.endswith(".jsonl"):
            yield name, text


def dumps(root: Path) -> Texts:
    """Yield what a crash leaves."""
    for pattern in ("**/*crash*", "**/core", "**/core.*", "**/*.dump"):
        yield from files(root, pattern)


def metrics(stage: Standing) -> Texts:
    """Yield what is measured of each service, and of RabbitMQ."""
    for name in ("ingest", "transcode", "index", "notify", "portal", "broker.prometheus"):
        yield name, got(stage.servers.ports[name], "/metrics")


def got(port: int, path: str) -> bytes:
    """Return what a server of this machine answers."""
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        found: bytes = answer.read()
    return found


class Broker:
    """RabbitMQ, by its management API and by AMQP."""

    def __init__(self, stage: Standing) -> None:
        """Speak as an operator."""
        self.at = urlsplit(stage.ops["SCANPASS_MANAGEMENT_URL"])
        self.amqp = stage.ops["SCANPASS_AMQP_URL"]

    def asked(self, path: str, body: object = None) -> Any:  # noqa: ANN401  JSON
        """Return an answer of the management API."""
        login = b64encode(f"{self.at.username}:{self.at.password}".encode()).decode()
        connection = HTTPConnection(self.at.hostname or "", self.at.port, timeout=60)
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
        connection.request(method, "/api" + path, sent, {"Authorization": f"Basic {login}"})
        read = connection.getresponse().read()
        connection.close()
        return json.loads(read or b"null")

    def waiting(self) -> int:
        """Return how many messages wait for a service, or for another try."""
        queues = self.asked("/queues/%2F")
        return sum(
            each.get("messages", 1)
            for each in queues
            if each["name"] != JOURNAL and not each["name"].endswith(".dead")
        )

    def held(self, *, dead: bool) -> Texts:
        """Yield the messages of all queues, which stay where they are."""
        for each in self.asked("/queues/%2F"):
            name = each["name"]
            if name != JOURNAL and name.endswith(".dead") is dead:
                asked = {"count": MOST, "ackmode": "ack_requeue_true", "encoding": "auto"}
                letters = self.asked(f"/queues/%2F/{quote(name)}/get", asked)
                yield name, json.dumps(letters, ensure_ascii=False).encode()

    def put(self, queue: str, text: str) -> None:
        """Put a message into a queue."""
        message = {"properties": {}, "routing_key": queue, "payload": text}
        self.asked("/exchanges/%2F/amq.default/publish", message | {"payload_encoding": "string"})

    def journal(self) -> Texts:
        """Yield every event that was ever told."""
        with closing(pika.BlockingConnection(pika.URLParameters(self.amqp))) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=500)
            began = {"x-stream-offset": "first"}
            told = channel.consume(JOURNAL, arguments=began, inactivity_timeout=SILENCE)
            for method, properties, body in told:
                if method is None:
                    return
                channel.basic_ack(method.delivery_tag)
                headers = json.dumps(properties.headers, ensure_ascii=False, default=str)
                yield JOURNAL, headers.encode() + b"\n" + body

    def itself(self) -> Texts:
        """Yield what it tells of queues, connections and users."""
        for path in ("/definitions", "/queues", "/connections", "/channels", "/consumers"):
            yield path, json.dumps(self.asked(path), ensure_ascii=False).encode()


def tables(stage: Standing, *, outbox: bool) -> Texts:
    """Yield every row of the outboxes, or of all other tables that people are not kept in."""
    for row in stage.rows(TABLES):
        schema, table = row["schemaname"], row["tablename"]
        if (table == "outbox") is outbox and table not in PERSONAL.get(schema, ()):
            name = f"{schema}.{table}"
            rows = stage.rows(f"SELECT * FROM {name}")  # noqa: S608  the catalogue's own names
            for each in rows:
                yield name, written(each)


def written(row: dict[str, Any]) -> bytes:
    """Return a row as text; bytes as they are."""
    values = []
    for value in row.values():
        told = value if isinstance(value, bytes) else json.dumps(value, default=str).encode()
        values.append(told + str(value).encode())
    return b"\n".join(values)


def itself(stage: Standing) -> Texts:
    """Yield what PostgreSQL shows of its sessions."""
    for row in stage.rows("SELECT * FROM pg_stat_activity"):
        yield "pg_stat_activity", written(row)


def bucket(stage: Standing, name: str) -> Texts:
    """Yield the objects of a bucket, with their keys."""
    for key in listed(stage, name):
        body = stage.s3.get_object(Bucket=name, Key=key)["Body"].read()
        yield name, key.encode() + b"\n" + body


def keys(stage: Standing) -> Texts:
    """Yield the keys of what is stored; what a hospital called it is not among them."""
    for name in ("archive", "derived", "quarantine"):
        yield name, "\n".join(listed(stage, name)).encode()


def listed(stage: Standing, name: str) -> Iterator[str]:
    """Yield the keys of a bucket."""
    for page in stage.s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for each in page.get("Contents", ()):
            yield each["Key"]


def processes() -> Texts:
    """Yield command lines and environments of all that runs here."""
    for folder in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with suppress(OSError):
                yield name, (folder / name).read_bytes()


def commands(stage: Standing) -> Texts:
    """Yield what an operator reads."""
    traces = [
        ("trace", row["reference"]) for row in stage.rows("SELECT reference FROM catalogue.study")
    ]
    for words in (*COMMANDS, *traces):
        try:
            said = stage.scanpass(*words)
        except CommandFailed as failed:  # there is a dead letter
            said = str(failed)
        yield words[0], said.encode()
