"""A real Ceph tells a real broker what was dropped: no sweep, no webhook. `make ceph` runs it."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from pika import BlockingConnection, URLParameters
from urllib3 import disable_warnings

from deploy.local import Servers
from deploy.local.setting import HOST
from services.ingest.arrivals import Dropped, ceph, listing
from shared.broker.topology import ARRIVALS
from shared.db import Database
from shared.storage.s3 import S3
from tests.ceph.cluster import Ceph
from tests.ceph.cluster import ceph as private_ceph
from tests.conftest import LOCAL
from tests.integration.ingest.arrivals.deaf import NAME, opened, running
from tests.integration.ingest.arrivals.stores import user
from tests.integration.ingest.hospital import Hospital, ct_slice, new_uid, until

REGION = "default"


@pytest.fixture(scope="module")
def cluster(servers: Servers) -> Iterator[Ceph]:
    with private_ceph(LOCAL / "ceph", servers.setting.folder("ceph")) as one:
        yield one


@pytest.fixture(scope="module")
def store(cluster: Ceph) -> dict[str, str]:
    """Say where Ceph's S3 is, as a service is told."""
    return {
        "SCANPASS_S3_ENDPOINT": f"http://{HOST}:{cluster.ports['s3']}",
        "SCANPASS_S3_ACCESS_KEY": cluster.access_key,
        "SCANPASS_S3_SECRET_KEY": cluster.secret_key,
        "SCANPASS_S3_REGION": REGION,
    }


@pytest.fixture(scope="module")
def hospital(
    cluster: Ceph, store: dict[str, str], environment: Callable[[str], dict[str, str]]
) -> Iterator[Hospital]:
    """Open a hospital that drops into Ceph; the bucket tells `scanpass.arrivals`."""
    ops = environment("ops")
    database = Database(ops["SCANPASS_DATABASE_URL"], name="test")
    one = Hospital(opened(database), store, database)
    for bucket in ("drop", "archive", "quarantine"):
        one.s3.create_bucket(Bucket=bucket)
    versioned: Any = {"Status": "Enabled"}
    one.s3.put_bucket_versioning(Bucket="drop", VersioningConfiguration=versioned)
    tell(cluster, one, user(ops, "ceph"))
    yield one
    database.close()


def tell(cluster: Ceph, hospital: Hospital, url: str) -> None:
    """Do what docs/bucket-events.md says; a topic with a password is made by TLS."""
    disable_warnings()  # the gateway signed for itself
    topics = boto3.client(
        "sns",
        endpoint_url=f"https://{HOST}:{cluster.ports['tls']}",
        aws_access_key_id=cluster.access_key,
        aws_secret_access_key=cluster.secret_key,
        region_name=REGION,
        verify=False,
    )
    to = {"push-endpoint": url.removesuffix("/%2F"), "amqp-exchange": ARRIVALS}
    topic = topics.create_topic(Name="scanpass", Attributes=to | {"amqp-ack-level": "broker"})
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    wanted = [{"Id": "scanpass", "TopicArn": topic["TopicArn"], "Events": events}]
    hospital.s3.put_bucket_notification_configuration(
        Bucket="drop", NotificationConfiguration={"TopicConfigurations": wanted}
    )


@pytest.fixture
def ears(environment: Callable[[str], dict[str, str]]) -> Iterator[Callable[[], list[bytes]]]:
    """Hear what is told from now on."""
    connection = BlockingConnection(URLParameters(environment("ops")["SCANPASS_AMQP_URL"]))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, ARRIVALS, "")
    heard: list[bytes] = []

    def listen() -> list[bytes]:
        while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
            heard.append(body)
        return heard

    yield listen
    connection.close()


def test_its_events_and_its_listing_say_the_same(
    hospital: Hospital, store: dict[str, str], ears: Callable[[], list[bytes]]
) -> None:
    """Plain puts are told; whatever is told is listed, with the same key, version, size, ETag."""
    s3, site = hospital.s3, hospital.site
    plain = [f"{site}/{name}" for name in ("a b+c.dcm", "%41%2F.dcm", "Müller, J/日本.dcm")]
    for key in plain:
        s3.put_object(Bucket="drop", Key=key, Body=b"x" * 22)
    s3.put_object(Bucket="drop", Key=f"{site}/folder/", Body=b"")
    s3.copy_object(Bucket="drop", Key=f"{site}/copy", CopySource=f"drop/{site}/a b+c.dcm")
    many = {"Bucket": "drop", "Key": f"{site}/many"}
    upload = s3.create_multipart_upload(**many)["UploadId"]
    part = s3.upload_part(**many, UploadId=upload, PartNumber=1, Body=b"y" * 30)["ETag"]
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(**many, UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket="drop", Key=f"{site}/copy")

    until(lambda: len(ears()) >= len(plain) + 4, "not all is told")
    told = {identity(hint) for body in ears() for hint in ceph.hints(body)}
    endpoint, access_key, secret_key, region = store.values()
    edge = S3(endpoint, access_key, secret_key, region)
    listed = {identity(hint) for hint in map(listing.hint, edge.list("drop", f"{site}/")) if hint}
    assert {key for key, *_ in told} >= set(plain)
    assert told <= listed
    assert all(b'"eventSource":"ceph:s3"' in body for body in ears())
    for version in s3.list_object_versions(Bucket="drop")["Versions"]:
        s3.delete_object(Bucket="drop", Key=version["Key"], VersionId=version["VersionId"])


def identity(hint: Dropped) -> tuple[str, str, int, str]:
    """Return what must be the same; the times differ by what a PUT takes."""
    return hint.key, hint.version, hint.size, hint.etag


def test_a_drop_is_archived_by_its_event(
    servers: Servers,
    environment: Callable[[str], dict[str, str]],
    hospital: Hospital,
    store: dict[str, str],
) -> None:
    """Ingest works on Ceph's S3 and by its events alone."""
    with running(servers, environment("ingest") | store, environment("ops"), hospital) as deaf:
        deaf.archives(hospital.drop(f"{NAME}/1.dcm", ct_slice(new_uid(), 1)))
