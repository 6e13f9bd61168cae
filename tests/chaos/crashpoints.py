"""`python -m tests.chaos.crashpoints`: each named point kills its service, and nothing is lost.

For every service and every point it passes: it is started with `CRASH_AT`, a small load is
dropped, it must die there by SIGKILL, it is started again, and the judge must be content with all
that was ever dropped. The last line is JSON; the exit code is 1 where a point was not hit or
something is lost. `--only TEXT` tries those that have it in name or service.
"""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pika

from deploy.local.waiting import NotUp, until
from shared.broker.publisher import Publisher
from shared.crashpoint import POINTS, VARIABLE
from shared.events import Event, PatientClaimed, ReleaseWished, Wish
from tests import judge
from tests.chaos import broker, load
from tests.chaos.settling import Stuck, settled
from tests.chaos.standing import Standing, standing
from tests.chaos.visitor import Visitor

ROOT = Path(__file__).parents[2] / ".local" / "crashpoints"
HIT = 90.0  # seconds until a point must have been passed
PATIENCE = 100.0  # seconds; a letter that was claimed and not marked is due again in 60
QUEUES = {
    "ingest": "ingest.decisions",
    "transcode": "transcode.instances",
    "index": "index.documents",
    "notify": "notify.events",
}
SCRUB = {"SCANPASS_SCRUB_SECONDS": "0.1", "SCANPASS_SCRUB_DAYS": "0.00001"}  # each second
DAMAGED = ("ingest.scrub.damaged", "ingest.scrub.told")
# What happens seldom, as soon as it may: else these points were passed by accident only.
HASTY = {
    **dict.fromkeys(
        ("ingest.scrub.compared", "ingest.scrub.committed", *DAMAGED),
        SCRUB,
    ),
    "ingest.reconcile.marked": {"SCANPASS_RECONCILE_SECONDS": "0.1"},
    "ingest.reconcile.told": {
        "SCANPASS_RECONCILE_SECONDS": "0.1",
        "SCANPASS_RECONCILE_AFTER_SECONDS": "0.01",
    },
    "index.releases.asked": {
        "SCANPASS_RECONCILE_SECONDS": "0.1",
        "SCANPASS_RECONCILE_AFTER_SECONDS": "0.01",
    },
}
# Of somebody who has nothing here: it changes nothing, and is handled all the same.
NOBODY = UUID(int=7)
WISHED: dict[str, Event] = {
    "index.claim.filed": PatientClaimed(site="north", claim=NOBODY, person=NOBODY, record=NOBODY),
    "index.wish.filed": ReleaseWished(person=NOBODY, wish=Wish.AFTER_CALL, version=1),
}
OF_ROUND = "SELECT sha256 FROM ingest.receipt WHERE study_uid = %s AND kind = 'instance' LIMIT 1"
POISON = "00000000-0000-4000-8000-{:012d}"


def targets(only: str) -> Iterator[tuple[str, str]]:
    """Yield each point with each service that passes it."""
    for name, point in POINTS.items():
        for service in point.services:
            if only in f"{name} {service}":
                yield name, service


def tried(stage: Standing, number: int, name: str, service: str) -> str:
    """Have `service` die at `name` with a load in flight; return what was wrong, or ""."""
    before = len(crashes(stage, service, name))
    stage.services.stop(service)
    stage.extra[service] = {VARIABLE: f"{name}:1", **HASTY.get(name, {})}
    starts = stage.services.starts(service)
    stage.services.start(service)
    until(lambda: stage.services.starts(service) > starts, HIT, f"{service} does not start")
    # The next start is a plain one, but a damage has to be looked at again to be told.
    stage.extra[service] = SCRUB if name in DAMAGED else {}
    killed_by = watched(stage, service)
    postponed = name == "notify.letter.postponed"
    decision = name.startswith("ingest.decision.")
    mine = load.round_of(number, decision=decision, postponed=postponed)
    mine.lay_out(stage.data)
    stage.post.answers.update(dict.fromkeys(mine.refused, 550))
    later = load.address(f"R{number}c", "north")
    if postponed:
        stage.post.answers[later] = 451
    stage.dropped += mine.instances
    stage.drop(mine.wave(f"{number:03d}-round"))
    if decision:
        decide(stage, mine.released[0])
    if name == "consumer.hand.moved":
        poison(stage, number, QUEUES[service])
    if name in WISHED:
        publish(stage, WISHED[name])
    if name in DAMAGED and (wrong := damaged(stage)):
        return wrong
    if service == "portal":
        looked_at(stage, number)
    try:
        until(lambda: len(crashes(stage, service, name)) > before, HIT, "not passed")
    except NotUp as missed:
        return str(missed)
    stage.post.answers.pop(later, None)
    stage.services.wait()
    if killed_by() != -signal.SIGKILL:
        return f"ended by {killed_by()}"
    if name in DAMAGED and (wrong := mended(stage)):
        return wrong
    return judged(stage, number if name == "consumer.hand.moved" else None)


def publish(stage: Standing, event: Event) -> None:
    """Tell `event`, as portal would."""
    publisher = Publisher(stage.ops["SCANPASS_AMQP_URL"], "crashpoints")
    try:
        publisher.publish(event)
    finally:
        publisher.close()


def watched(stage: Standing, service: str) -> Callable[[], int | None]:
    """Return what tells how the service's present process ended."""
    child = stage.services._lives[service].child  # noqa: SLF001  nobody else has its exit code
    assert child is not None
    return lambda: child._process.returncode  # noqa: SLF001  as above


def crashes(stage: Standing, service: str, name: str) -> list[str]:
    """Return the lines in which a service says that it dies at `name`."""
    log = stage.services.log(service)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line for line in lines if f'"crashed", "point": "{name}"' in line]


def looked_at(stage: Standing, number: int) -> None:
    """Have somebody look at their pictures until they get an answer; the log tells of it."""
    visitor = Visitor(stage, "north", f"R{number}a")
    (row,) = stage.rows(OF_ROUND, load.uid(load.APART * number))
    path = visitor.path(row["sha256"])
    until(lambda: bool(visitor.status(path)), HIT, "the portal does not answer")


def damaged(stage: Standing) -> str:
    """Turn over a bit of an original that has come through; return what was wrong, or ""."""
    try:
        settled(stage, PATIENCE)
    except Stuck as stuck:
        return f"stuck: {stuck}"
    (row,) = stage.rows(
        "SELECT key FROM ingest.receipt WHERE kind = 'instance' ORDER BY received_at DESC LIMIT 1"
    )
    turned(stage, row["key"])
    return ""


def turned(stage: Standing, key: str) -> None:
    """Turn over the last bit of an original, or turn it back."""
    content = stage.s3.get_object(Bucket="archive", Key=key)["Body"].read()
    stage.s3.put_object(Bucket="archive", Key=key, Body=content[:-1] + bytes([content[-1] ^ 1]))


def mended(stage: Standing) -> str:
    """Turn the bit back once its damage is told; return what was wrong, or ""."""
    query = "SELECT key FROM ingest.damage WHERE mended_at IS NULL"
    (row,) = stage.rows(query)

    def told() -> bool:
        return any(
            headers["ce-type"] == "org.scanpass.object.damaged.v1" and row["key"] in body.decode()
            for _, headers, body in broker.journal(stage)
        )

    try:
        until(told, HIT, "the damage is not told")
        turned(stage, row["key"])
        until(lambda: not stage.rows(query), HIT, "the damage is not seen mended")
    except NotUp as missed:
        return str(missed)
    return ""


def decide(stage: Standing, digest: str) -> None:
    """Release the quarantined file, once it is there."""
    query = "SELECT reference FROM ingest.quarantine WHERE sha256 = %s"
    until(lambda: bool(stage.rows(query, digest)), HIT, "nothing is quarantined")
    stage.scanpass("quarantine", "release", digest, "--as", "test")


def poison(stage: Standing, number: int, queue: str) -> None:
    """Put a message into `queue` that nobody can handle: it must become a dead letter."""
    headers = {
        "ce-id": POISON.format(number),
        "ce-source": "/test",
        "ce-type": "org.scanpass.never.heard.v1",
        "ce-specversion": "1.0",
    }
    properties = pika.BasicProperties(headers=headers, delivery_mode=2)
    with pika.BlockingConnection(pika.URLParameters(stage.ops["SCANPASS_AMQP_URL"])) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", queue, b"{}", properties, mandatory=True)


def judged(stage: Standing, poisoned: int | None) -> str:
    """Wait until all has come through; return what the judge finds, or ""."""
    try:
        settled(stage, PATIENCE)
        if poisoned is not None:
            stage.scanpass("dead", "discard", POISON.format(poisoned), "--yes")
    except Stuck as stuck:
        return f"stuck: {stuck}"
    case = judge.case(stage.judging())
    try:
        judge.settle(case.edges)
        findings, _ = judge.verdict(case, 0)
    finally:
        case.edges.close()
    return "; ".join(findings[:5])


def main() -> int:
    """Try every point, print a table and a last line of JSON, and return the exit code."""
    parser = ArgumentParser("python -m tests.chaos.crashpoints", description=__doc__)
    parser.add_argument(
        "--only", default="", help="points whose name, with the service behind it, has this in it"
    )
    wanted = list(targets(parser.parse_args().only))
    began, hit, lost = time.monotonic(), 0, 0
    with standing(ROOT, quiet=1.0) as stage:
        for number, (name, service) in enumerate(wanted, 1):
            since = time.monotonic()
            wrong = tried(stage, number, name, service)
            hits = len(crashes(stage, service, name))
            hit += bool(hits)
            lost += bool(wrong) and wrong != "not passed"
            took = time.monotonic() - since
            said = f"{name:<32}{service:<11}{hits:>3} hit {took:6.1f} s  {wrong}"
            sys.stdout.write(said.rstrip() + "\n")
            sys.stdout.flush()
    seconds = round(time.monotonic() - began, 1)
    result = {"points": len(wanted), "hit": hit, "lost": lost, "seconds": seconds}
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if hit == len(wanted) and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
