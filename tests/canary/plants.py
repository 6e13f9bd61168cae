"""A name put into each place by hand: whoever does not find it there has not looked."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.canary.places import Broker
from tests.chaos.standing import Standing

LOGS = ("portal.jsonl", "broker-node.log", "database.log", "s3.log", "post.log")


def appended(file: Path, text: str) -> None:
    """Write a line more."""
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{text}\n")


def plants(
    stage: Standing, scratch: Path, until_end: ExitStack
) -> Mapping[str, Callable[[str], object]]:
    """Return, by the names of places, what puts a text there."""
    logs, root, broker = stage.servers.setting.logs, stage.servers.root, Broker(stage)

    def process(text: str) -> None:
        child = subprocess.Popen(["/bin/sleep", "600"], env={"NAME": text})
        until_end.callback(child.wait)
        until_end.callback(child.kill)

    def outbox(text: str) -> None:
        stage.run(
            "INSERT INTO access.outbox (event_id, type, body, sent_at)"
            " VALUES (gen_random_uuid(), 'planted', jsonb_build_object('name', %s::text), now())",
            text,
        )

    return {
        "logs of the services": lambda text: appended(logs / LOGS[0], text),
        "log of RabbitMQ": lambda text: appended(logs / LOGS[1], text),
        "log of PostgreSQL": lambda text: appended(logs / LOGS[2], text),
        "log of the object store": lambda text: appended(logs / LOGS[3], text),
        "all other logs": lambda text: appended(logs / LOGS[4], text),
        "dead letters": lambda text: broker.put("notify.events.dead", text),
        "the journal": lambda text: broker.put("journal", text),
        "disk of RabbitMQ": lambda text: appended(root / "broker" / "planted", text),
        "outboxes": outbox,
        "all other tables": lambda text: stage.run(
            "INSERT INTO access.bucket VALUES (%s, 0, now())", text
        ),
        "ledger bucket": lambda text: stage.s3.put_object(
            Bucket="ledger", Key="planted", Body=text.encode("utf-16-le")
        ),
        "names of stored objects": lambda text: stage.s3.put_object(
            Bucket="derived", Key=text.encode().hex(), Body=b""
        ),
        "processes": process,
        "temporary files": lambda text: appended(scratch / "planted", text),
        "crash dumps": lambda text: appended(root / "erl_crash.dump", text),
    }
