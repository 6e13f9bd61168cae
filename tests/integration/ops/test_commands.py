"""scanpass: sites, topology, schema and dead letters on the real servers."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from shared.broker.hosts import hosts
from shared.broker.topology import DEAD, EVENTS, dead_queue
from shared.db import Database
from shared.events import Decision, ObjectDecided
from shared.events.event import TYPE_PREFIX
from tests.integration.ops.conftest import Scanpass

QUEUE = "ingest.drops.backfill"  # no service runs here, so letters stay where they are put
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


@pytest.fixture
def channel(
    environment: Callable[[str], dict[str, str]],
) -> Iterator[BlockingChannel]:
    """Give a channel of the operator, with the queue and its dead letters empty before."""
    url = environment("ops")["SCANPASS_AMQP_URL"]
    with pika.BlockingConnection(hosts(url, "test")) as connection:
        channel = connection.channel()
        for queue in (QUEUE, dead_queue(QUEUE)):
            channel.queue_purge(queue)
        channel.confirm_delivery()
        yield channel


def bury(channel: BlockingChannel, key: str = "north/DOE^JANE.dcm") -> str:
    """Put a drop hint among the dead letters, as the consumer does; return its id."""
    ident = str(uuid4())
    body = {"site": "north", "bucket": "drop", "key": key, "version": "v1", "size": 3}
    headers = {
        "ce-id": ident,
        "ce-type": TYPE_PREFIX + "s3.object-dropped",
        "reason": "unknown-type",
        "failed-at": "2026-01-01T00:00:00+00:00",
        "attempt": 4,
        "x-death": [{"queue": "x"}],
    }
    properties = pika.BasicProperties(headers=headers, delivery_mode=2)
    channel.basic_publish(DEAD, QUEUE, json.dumps(body).encode(), properties, mandatory=True)
    return ident


def idents(scanpass: Scanpass) -> list[str]:
    found = scanpass("dead", "list", QUEUE, "--json").json["dead_letters"]
    return [each["id"] for each in found]


def test_looking_takes_nothing_away_and_shows_no_key(
    scanpass: Scanpass, channel: BlockingChannel
) -> None:
    """Twice the same list, in order; the key of the object, which may be a name, is nowhere."""
    buried = [bury(channel) for _ in range(3)]
    assert idents(scanpass) == buried
    assert sorted(idents(scanpass)) == sorted(buried)

    said = scanpass("dead", "show", buried[0])
    assert said.code == 0
    assert "north" in said.out
    assert "DOE" not in said.out + scanpass("dead", "list").out

    row = scanpass("dead", "list", QUEUE, "--json").json["dead_letters"][0]
    assert (row["reason"], row["type"], row["attempt"]) == ("unknown-type", "s3.object-dropped", 4)


def test_a_replayed_letter_comes_as_if_for_the_first_time(
    scanpass: Scanpass, channel: BlockingChannel
) -> None:
    """Into its work queue, without attempt, reason or the broker's marks; the others stay."""
    first, second = bury(channel), bury(channel)

    done = scanpass("dead", "replay", first, "--json")

    assert [each["id"] for each in done.json["replayed"]] == [first]
    assert idents(scanpass) == [second]
    _, properties, body = channel.basic_get(QUEUE, auto_ack=True)
    assert json.loads(body or b"")["key"] == "north/DOE^JANE.dcm"
    assert properties is not None
    mine = set(properties.headers or {}) - {"x-delivery-count"}  # a quorum queue's own
    assert mine == {"ce-id", "ce-type"}


def test_a_whole_queue_is_replayed(scanpass: Scanpass, channel: BlockingChannel) -> None:
    """And nothing is left."""
    for _ in range(3):
        bury(channel)
    assert scanpass("dead", "replay", "--queue", QUEUE).out == "3 dead letters replayed.\n"
    assert idents(scanpass) == []
    assert channel.queue_declare(QUEUE, passive=True).method.message_count == 3
    channel.queue_purge(QUEUE)


def test_nothing_is_discarded_without_a_yes(scanpass: Scanpass, channel: BlockingChannel) -> None:
    """Nobody there to answer is a no."""
    ident = bury(channel)
    assert scanpass("dead", "discard", ident).code == 130
    assert idents(scanpass) == [ident]
    assert scanpass("dead", "discard", ident, "--yes").code == 0
    assert idents(scanpass) == []
    assert scanpass("dead", "discard", ident, "--yes").code == 1


def test_dead_letters_are_a_problem_in_the_status(
    scanpass: Scanpass, channel: BlockingChannel
) -> None:
    """Counted by queue, with exit code 1."""
    bury(channel)
    done = scanpass("status", "--json")
    channel.queue_purge(dead_queue(QUEUE))
    assert done.code == 1
    assert done.json["dead_letters"][QUEUE] == 1


def test_messages_that_nobody_takes_are_a_problem_in_the_status(
    scanpass: Scanpass, channel: BlockingChannel
) -> None:
    """A queue with messages and no consumer: its service does not run, or is paused."""
    channel.basic_publish("", QUEUE, b"{}", mandatory=True)
    done = scanpass("status", "--json")
    channel.queue_purge(QUEUE)
    assert done.code == 1
    assert done.json["deserted_queues"][QUEUE] == 1


def test_a_lost_binding_is_found_and_mended(scanpass: Scanpass, channel: BlockingChannel) -> None:
    """`topology check` names it, `status` too, `topology apply` brings it back."""
    channel.queue_unbind("ingest.decisions", EVENTS, "object.decided.*")

    done = scanpass("topology", "check", "--json")
    status = scanpass("status", "--json")

    lost = f"{EVENTS} -> ingest.decisions (object.decided.*)"
    assert (done.code, done.json["missing"]["bindings"]) == (1, [lost])
    assert status.json["missing"]["bindings"] == [lost]
    assert scanpass("topology", "apply").code == 0
    assert scanpass("topology", "check").code == 0


def test_a_site_is_added_changed_and_listed(scanpass: Scanpass, tmp_path: Path) -> None:
    """What is not given stays as it was."""
    name = f"s{uuid4().hex[:12]}"
    (tmp_path / "logo.png").write_bytes(PNG)
    added = scanpass(
        *("site", "add", name, "--title", "Old", "--help-phone", "+15550100", "--quiet", "3"),
        *("--language", "es", "--help-languages", "es,en", "--logo", "logo.png"),
        *("--release", "with-report", "--release-days", "7"),
    )
    assert added.code == 0, added.err
    assert scanpass("site", "add", name, "--title", "New").code == 0

    sites = {each["site"]: each for each in scanpass("site", "list", "--json").json["sites"]}

    assert sites[name]["title"] == "New"
    assert sites[name]["quiet_seconds"] == 3
    assert sites[name]["language"] == "es"
    assert sites[name]["help_languages"] == ["es", "en"]
    assert sites[name]["logo_type"] == "image/png"
    assert (sites[name]["release_rule"], sites[name]["release_days"]) == ("with-report", 7)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--title", "x"), "--help-phone"),
        (("--title", "x", "--help-phone", "1", "--timezone", "Mars"), "time zone"),
        (("--title", "x", "--help-phone", "1", "--logo", "nowhere.png"), "logo cannot be read"),
        (("--title", "x", "--help-phone", "1", "--logo", "/bin/true"), "PNG or an SVG"),
        (("--title", "x", "--help-phone", "1", "--release", "never"), "at-once"),
        (("--title", "x", "--help-phone", "1", "--release-days", "31"), "30"),
    ],
)
def test_a_wrong_site_is_refused(scanpass: Scanpass, words: tuple[str, ...], said: str) -> None:
    """Each mistake has its sentence, and no half of a site is left."""
    name = f"w{uuid4().hex[:12]}"
    done = scanpass("site", "add", name, *words)
    assert done.code == 2
    assert said in done.err
    assert name not in scanpass("site", "list").out


def test_the_schema_is_brought_up_to_date_by_its_owner(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]]
) -> None:
    """The second time there is nothing to do."""
    url = environment("owner")["SCANPASS_DATABASE_URL"]
    done = scanpass("db", "migrate", "--json", variables={"SCANPASS_DATABASE_URL": url})
    assert done.code == 0, done.err
    assert done.json == {"applied": []}


def test_a_missing_schema_is_said_to_be_missing(
    scanpass: Scanpass, environment: Callable[[str], dict[str, str]]
) -> None:
    """Another database of the same server has none."""
    url = re.sub(r"/[^/?]+(\?|$)", r"/postgres\1", environment("owner")["SCANPASS_DATABASE_URL"])
    done = scanpass("site", "list", variables={"SCANPASS_DATABASE_URL": url})
    assert done.code == 1
    assert "scanpass db migrate" in done.err


def test_nothing_to_be_found_is_exit_code_1(scanpass: Scanpass) -> None:
    """With one sentence, or an empty list for machines."""
    for words in (
        ("trace", "2.25.1.2.3"),
        ("study", "show", "2.25.1.2.3"),
        ("quarantine", "show", "f" * 64),
        ("quarantine", "release", "f" * 64),
        ("find", "zzzzzzzz"),
        ("dead", "show", "ffffffff"),
    ):
        done = scanpass(*words)
        assert done.code == 1, words
        assert done.err.count("\n") == 1


def test_a_decision_is_an_event(
    scanpass: Scanpass,
    site: str,
    channel: BlockingChannel,
    database: Database,
) -> None:
    """Release and reject are told to ingest, confirmed; what cannot be released is refused."""
    channel.queue_purge("ingest.decisions")
    digests = {"malformed": "a" * 64, "not-dicom": "b" * 64}
    with database.transaction() as connection:
        for reason, digest in digests.items():
            connection.execute(
                "INSERT INTO ingest.quarantine"
                " (site, sha256, drop_digest, key, size, reason, reference)"
                " VALUES (%s, %s, %s, 'k', 1, %s, 'ZZZZ-ZZ')",
                (site, digest, "c" * 64, reason),
            )

    refused = scanpass("quarantine", "release", digests["not-dicom"])
    done = scanpass("quarantine", "release", digests["malformed"], "--as", "kim")

    assert refused.code == 1
    assert "no DICOM" in refused.err
    assert scanpass("quarantine", "reject", "ZZZZ-ZZ").code == 1  # two bear it
    assert done.code == 0, done.err
    _, _, body = channel.basic_get("ingest.decisions", auto_ack=True)
    assert body is not None
    event = ObjectDecided.model_validate_json(body)
    assert event.decision is Decision.RELEASE
    assert (event.site, event.sha256, event.actor) == (site, digests["malformed"], "kim")
    assert channel.basic_get("ingest.decisions", auto_ack=True)[0] is None
    listed = scanpass("quarantine", "list", "--site", site, "--json").json["quarantine"]
    assert {each["reason"] for each in listed} == set(digests)
