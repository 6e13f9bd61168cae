"""The broker as an operator and a saboteur see it: alarms, deletions, and every event again."""

import json
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus, urlsplit
from urllib.request import Request, urlopen

import pika
from pika.adapters.blocking_connection import BlockingChannel

from tests.chaos.standing import Standing

CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
SILENCE = 1.5  # seconds without a message: the end of the stream
# What has an effect somewhere, so that its second coming has to be suppressed.
EFFECTIVE = {"instance.stored.v1", "instance.transcoded.v1", "study.released.v1"}
EFFECTIVE |= {"patient.registered.v1", "study.declared.v1"}
TYPE = "org.scanpass."
Told: TypeAlias = tuple[str, Mapping[str, Any], bytes]


@contextmanager
def channel(stage: Standing) -> Iterator[BlockingChannel]:
    """Give a channel of the operator's."""
    with pika.BlockingConnection(pika.URLParameters(stage.ops["SCANPASS_AMQP_URL"])) as connection:
        yield connection.channel()


ALARMS = {
    "memory": "vm_memory_monitor:set_vm_memory_high_watermark({})",
    "disk": "rabbit_disk_monitor:set_disk_free_limit({})",
}
LIMITS = {"memory": ("0.000001", "0.4"), "disk": ('"500GB"', '"50MB"')}  # raised, and as it was


def alarm(stage: Standing, which: str, seconds: float) -> None:
    """Raise an alarm for some seconds; by one call, for each starts a machine of its own."""
    on, off = (ALARMS[which].format(limit) for limit in LIMITS[which])
    control(stage, "eval", f"{on}, timer:sleep({int(1000 * seconds)}), {off}.")


def control(stage: Standing, *words: str) -> None:
    """Run `rabbitmqctl`."""
    setting = stage.servers.setting
    home = setting.root / "broker"
    subprocess.run(  # noqa: S603  our own words
        [CONTROL, "-n", f"{setting.name}@localhost", *words],
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_PORT": str(setting.ports["broker.names"]),
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
        },
        cwd=home,
        capture_output=True,
        check=True,
    )


def asked(stage: Standing, method: str, path: str) -> Any:  # noqa: ANN401  whatever it answers
    """Ask the management API."""
    place = urlsplit(stage.ops["SCANPASS_MANAGEMENT_URL"])
    login = b64encode(f"{place.username}:{place.password}".encode()).decode()
    request = Request(
        f"http://{place.hostname}:{place.port}{path}",
        method=method,
        headers={"Authorization": f"Basic {login}"},
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310  as above
        text = answer.read()
    return json.loads(text) if text else None


def waiting(stage: Standing) -> int:
    """Return how many messages wait or are in hand; some seconds old, and dead ones apart."""
    totals = "/api/queues?disable_stats=true&enable_queue_totals=true"
    return sum(
        each.get("messages", 0)
        for each in asked(stage, "GET", totals)
        if each["name"] != "journal" and not each["name"].endswith(".dead")
    )


def delete_queue(stage: Standing, queue: str) -> None:
    """Delete a queue with all that is in it."""
    asked(stage, "DELETE", f"/api/queues/%2f/{quote(queue, safe='')}")


def unbind(stage: Standing, queue: str) -> None:
    """Delete the bindings of a queue to the events."""
    base = f"/api/bindings/%2f/e/scanpass.events/q/{quote(queue, safe='')}"
    for each in asked(stage, "GET", base):
        asked(stage, "DELETE", f"{base}/{quote(each['properties_key'], safe='')}")


def journal(stage: Standing) -> Iterator[Told]:
    """Yield every event that was ever told: routing key, headers, body; the end is a silence."""
    with channel(stage) as open_channel:
        open_channel.basic_qos(prefetch_count=500)
        offset = {"x-stream-offset": "first"}
        for method, properties, body in open_channel.consume(
            "journal", arguments=offset, inactivity_timeout=SILENCE
        ):
            if method is None:
                break
            open_channel.basic_ack(method.delivery_tag)
            yield method.routing_key, properties.headers or {}, body


def republish(stage: Standing, random: Random) -> int:
    """Tell every event of the journal again, once, out of order; return how many that were."""
    told = list(
        {
            str(headers["ce-id"]): (key, headers, body) for key, headers, body in journal(stage)
        }.values()
    )
    random.shuffle(told)
    with channel(stage) as open_channel:
        for key, headers, body in told:
            kept = {name: value for name, value in headers.items() if not name.startswith("x-")}
            properties = pika.BasicProperties(headers=kept, delivery_mode=2)
            open_channel.basic_publish("scanpass.events", key, body, properties)
    return len(told)


def suppressed(told: Iterable[Told]) -> int:
    """Return how many events had come before, and had to do nothing when they came again."""
    seen = Counter(
        str(headers["ce-id"])
        for _, headers, _ in told
        if str(headers.get("ce-type", "")).removeprefix(TYPE) in EFFECTIVE
    )
    return sum(count - 1 for count in seen.values())


def hint_ten_times(stage: Standing, random: Random) -> int:
    """Tell of everything in the drop ten times, shuffled, as MinIO does; return how often."""
    found = stage.s3.list_object_versions(Bucket="drop").get("Versions", [])
    bodies = [json.dumps(record(each)).encode() for each in found] * 10
    random.shuffle(bodies)
    with channel(stage) as open_channel:
        for body in bodies:
            open_channel.basic_publish("scanpass.arrivals", "", body)
    return len(bodies)


def record(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return one object of a listing as MinIO's event."""
    name, key = "s3:ObjectCreated:Put", found["Key"]
    thing = {
        "key": quote_plus(key),
        "size": found["Size"],
        "eTag": found["ETag"].strip('"'),
        "versionId": found["VersionId"],
    }
    told = {
        "eventVersion": "2.0",
        "eventSource": "minio:s3",
        "eventName": name,
        "eventTime": found["LastModified"].isoformat(),
        "s3": {"bucket": {"name": "drop"}, "object": thing},
    }
    return {"EventName": name, "Key": f"drop/{key}", "Records": [told]}
