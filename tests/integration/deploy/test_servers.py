"""What the embedded servers promise to the services, the demo and the tests."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import boto3
import pika
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pika.exceptions import ChannelClosedByBroker, ProbableAuthenticationError
from psycopg.errors import InsufficientPrivilege

from deploy.local import Servers

Environment = Callable[[str], dict[str, str]]
QUEUE = "index.documents.dead"  # which no service takes from


def s3(variables: dict[str, str]) -> Any:  # noqa: ANN401  boto3 has no types of its own
    return boto3.client(
        "s3",
        endpoint_url=variables["SCANPASS_S3_ENDPOINT"],
        aws_access_key_id=variables["SCANPASS_S3_ACCESS_KEY"],
        aws_secret_access_key=variables["SCANPASS_S3_SECRET_KEY"],
        region_name=variables["SCANPASS_S3_REGION"],
        config=Config(signature_version="s3v4", retries={"max_attempts": 0}),
    )


def connected(variables: dict[str, str]) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(variables["SCANPASS_AMQP_URL"]))


@pytest.mark.parametrize("role", ["ingest", "index", "notify", "ops"])
def test_every_role_gets_in_by_its_own_password(environment: Environment, role: str) -> None:
    """The migrated roles can log in, and only as themselves."""
    with psycopg.connect(environment(role)["SCANPASS_DATABASE_URL"]) as connection:
        assert connection.execute("select current_user").fetchone() == (f"scanpass_{role}",)


def test_a_role_reads_only_what_is_its_own(environment: Environment) -> None:
    """Notify sees whom to write to, and not the catalogue behind it."""
    with psycopg.connect(environment("notify")["SCANPASS_DATABASE_URL"]) as connection:
        connection.execute("select record from catalogue.contact")
        with pytest.raises(InsufficientPrivilege):
            connection.execute("select name from catalogue.record")


@pytest.mark.parametrize("user", ["ingest", "transcode", "index", "notify"])
def test_a_service_cannot_configure_the_broker(environment: Environment, user: str) -> None:
    """It may look whether the exchange is there, and make nothing."""
    with connected(environment(user)) as connection:
        connection.channel().exchange_declare("scanpass.events", passive=True)
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            connection.channel().queue_declare("mine", durable=True)


def test_a_service_cannot_take_from_its_neighbour(environment: Environment) -> None:
    """Each reads its own queues."""
    with connected(environment("transcode")) as connection:
        connection.channel().basic_get("transcode.instances")
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            connection.channel().basic_get("index.instances")


def test_there_is_no_guest(environment: Environment) -> None:
    """The user that every RabbitMQ begins with does not exist."""
    parameters = pika.URLParameters(environment("ops")["SCANPASS_AMQP_URL"])
    parameters.credentials = pika.PlainCredentials("guest", "guest")
    with pytest.raises(ProbableAuthenticationError):
        pika.BlockingConnection(parameters)


def test_drop_keeps_every_version(environment: Environment) -> None:
    """A name that a hospital uses again loses nothing, and ingest removes one version for good."""
    hospital, ingest = s3(environment("hospital")), s3(environment("ingest"))
    first, second = (
        hospital.put_object(Bucket="drop", Key="twice", Body=body)["VersionId"]
        for body in (b"first", b"second")
    )
    read = ingest.get_object(Bucket="drop", Key="twice", VersionId=first)["Body"].read()
    ingest.delete_object(Bucket="drop", Key="twice", VersionId=second)
    left = ingest.list_object_versions(Bucket="drop", Prefix="twice")
    ingest.delete_object(Bucket="drop", Key="twice", VersionId=first)

    assert read == b"first"
    assert [version["VersionId"] for version in left["Versions"]] == [first]
    assert "DeleteMarkers" not in left


@pytest.mark.parametrize(
    ("identity", "bucket", "operation"),
    [
        ("hospital", "drop", "get_object"),
        ("hospital", "archive", "put_object"),
        ("transcode", "archive", "put_object"),
        ("transcode", "drop", "get_object"),
        ("index", "archive", "put_object"),
        ("ops", "archive", "put_object"),
        ("ingest", "derived", "put_object"),
    ],
)
def test_an_identity_may_no_more_than_it_needs(
    environment: Environment, identity: str, bucket: str, operation: str
) -> None:
    """What a service does not do, the store refuses it."""
    s3(environment("owner")).put_object(Bucket=bucket, Key="there", Body=b"")
    body = {"Body": BytesIO(b"x")} if operation == "put_object" else {}
    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(s3(environment(identity)), operation)(Bucket=bucket, Key="there", **body)


def test_a_killed_server_comes_back_with_its_data(
    servers: Servers, environment: Environment
) -> None:
    """What was confirmed before the `kill -9` of all three is there after it."""
    ops, owner = environment("ops"), environment("owner")
    with connected(ops) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", QUEUE, b"message", pika.BasicProperties(delivery_mode=2))
    s3(owner).put_object(Bucket="ledger", Key="kept", Body=b"object")
    with psycopg.connect(owner["SCANPASS_DATABASE_URL"]) as database:
        database.execute("create table public.kept as select 'row' as it")

    for name in ("broker", "s3", "database"):
        servers.kill(name)
        servers.start(name)

    with connected(ops) as connection:
        channel = connection.channel()
        assert channel.basic_get(QUEUE, auto_ack=True)[2] == b"message"
    assert s3(owner).get_object(Bucket="ledger", Key="kept")["Body"].read() == b"object"
    with psycopg.connect(owner["SCANPASS_DATABASE_URL"]) as database:
        assert database.execute("select it from public.kept").fetchone() == ("row",)
        database.execute("drop table public.kept")
