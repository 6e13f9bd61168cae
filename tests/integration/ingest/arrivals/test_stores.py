"""Bucket events of each kind of store bring an object in: no sweep, no webhook of SeaweedFS's."""

from collections.abc import Callable, Iterator

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from deploy.local import Servers
from shared.broker.graveyard import Graveyard
from shared.broker.topology import ARRIVALS, EVENTS
from shared.db import Database
from tests.integration.ingest.arrivals.deaf import NAME, QUEUE, Deaf, opened, running
from tests.integration.ingest.arrivals.stores import RIGHTS, speak, spoken, user
from tests.integration.ingest.hospital import Hospital, until


@pytest.fixture(scope="module")
def ops(environment: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return environment("ops")


@pytest.fixture(scope="module")
def deaf(
    servers: Servers,
    environment: Callable[[str], dict[str, str]],
    ops: dict[str, str],
    database: Database,
) -> Iterator[Deaf]:
    """Open a hospital, start ingest, and let its first sweep pass."""
    hospital = Hospital(opened(database), environment("owner"), database)
    with running(servers, environment("ingest"), ops, hospital) as one:
        yield one


@pytest.fixture
def store(ops: dict[str, str]) -> Iterator[Callable[[str], BlockingChannel]]:
    """Connect as the user of one kind of store."""
    connections: list[pika.BlockingConnection] = []

    def connect(name: str) -> BlockingChannel:
        connections.append(pika.BlockingConnection(pika.URLParameters(user(ops, name))))
        return connections[-1].channel()

    yield connect
    for each in connections:
        each.close()


@pytest.mark.parametrize("name", sorted(RIGHTS))
def test_an_event_brings_its_object_in(
    deaf: Deaf, store: Callable[[str], BlockingChannel], name: str
) -> None:
    """Told ten times, with the rights that the documentation grants: one receipt."""
    key, version, digest = deaf.drop(name)
    channel = store(name)
    for _ in range(10):
        speak(name, channel, spoken(name, key, version))

    deaf.archives(digest)
    assert [row["sha256"] for row in deaf.hospital.rows("receipt")].count(digest) == 1


def test_a_posted_event_brings_its_object_in(deaf: Deaf) -> None:
    """At the address of its own dialect, and at no other."""
    key, version, digest = deaf.drop("posted")
    body = spoken("aws", key, version)

    assert deaf.post("minio", body) == 422
    assert deaf.post("aws", body) == 202
    deaf.archives(digest)
    assert deaf.post("aws", b'{"Event":"s3:TestEvent"}') == 200
    assert deaf.post("nobody", body) == 404


@pytest.mark.parametrize("name", sorted(RIGHTS))
def test_a_store_may_speak_and_nothing_else(
    deaf: Deaf, store: Callable[[str], BlockingChannel], name: str
) -> None:
    """It hears nothing, writes no event of ours, and makes no queue that others see."""
    forbidden: dict[str, Callable[[BlockingChannel], object]] = {
        "read": lambda channel: channel.basic_get(QUEUE),
        "read dead": lambda channel: channel.basic_get(f"{QUEUE}.dead"),
        "purge": lambda channel: channel.queue_purge(QUEUE),
        "tell": lambda channel: publish(channel, EVENTS),
        "hint": lambda channel: publish(channel, "s3.events"),
        "queue": lambda channel: channel.queue_declare("mine"),
        "exchange": lambda channel: channel.exchange_declare("mine", "fanout"),
        "bind": lambda channel: channel.queue_bind(QUEUE, EVENTS, "#"),
    }
    for what, attempt in forbidden.items():
        with pytest.raises(ChannelClosedByBroker) as no:
            attempt(store(name))
        assert no.value.reply_code == 403, what
    assert deaf.post("minio", b"{}") == 422  # ingest lives


@pytest.mark.parametrize("name", ["minio", "ceph"])
def test_with_less_a_store_could_not_speak(
    store: Callable[[str], BlockingChannel], name: str
) -> None:
    """The rights in the documentation are no more than the wire needs."""
    with pytest.raises(ChannelClosedByBroker) as no:
        speak(name, store("rustfs"), b"{}")
    assert no.value.reply_code == 403


def publish(channel: BlockingChannel, exchange: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, "drop.live.x", b"{}")


def test_an_exchange_of_another_kind_is_refused(
    deaf: Deaf, store: Callable[[str], BlockingChannel]
) -> None:
    """MinIO must be told `fanout` and `durable`: else it declares, is refused, and says nothing."""
    assert deaf.port
    for kind, durable in (("topic", True), ("fanout", False)):
        with pytest.raises(ChannelClosedByBroker) as no:
            store("minio").exchange_declare(ARRIVALS, kind, durable=durable)
        assert no.value.reply_code == 406


def test_what_nobody_understands_is_a_dead_letter(
    deaf: Deaf, ops: dict[str, str], store: Callable[[str], BlockingChannel]
) -> None:
    """It is kept for a while, and the log says neither key nor name."""
    body = spoken("ceph", f"{deaf.hospital.site}/{NAME}/x", "v1").replace(b"ceph:s3", b"other:s3")
    speak("rustfs", store("rustfs"), body)

    graveyard = Graveyard(ops["SCANPASS_AMQP_URL"])
    letters = until(lambda: graveyard.look(QUEUE), "no dead letter")
    graveyard.discard(QUEUE, lambda _: True)
    graveyard.close()
    assert [(letter.body, letter.reason) for letter in letters] == [(body, "malformed")]
    log = deaf.log.read_text("utf-8")
    assert "message_not_handled" in log
    assert "Zwiebelfisch" not in log
