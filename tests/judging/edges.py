"""The servers, seen from outside: boto3, plain SQL, the broker's HTTP interface."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import boto3
import psycopg
from botocore.config import Config
from psycopg.rows import dict_row


@dataclass(frozen=True)
class Edges:
    """Everything the judge asks, with the administrators' rights."""

    s3: Any  # a boto3 client: no types are published
    database: psycopg.Connection[dict[str, Any]]
    management_url: str

    def close(self) -> None:
        """Let go of the connections."""
        self.database.close()
        self.s3.close()

    def keys(self, bucket: str) -> Iterator[str]:
        """Yield every key of a bucket."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from (found["Key"] for found in page.get("Contents", []))

    def versions(self, bucket: str) -> Iterator[tuple[str, str]]:
        """Yield every (key, version) of a bucket, delete markers too."""
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for found in page.get("Versions", []) + page.get("DeleteMarkers", []):
                yield found["Key"], found["VersionId"]

    def get(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def digest(self, bucket: str, key: str) -> str:
        """Return the SHA-256 of an object's bytes, as they are read now."""
        return sha256(self.get(bucket, key)).hexdigest()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query without parameters."""
        return self.database.execute(query.encode()).fetchall()

    def queues(self) -> dict[str, int]:
        """Return queue → messages in it or in hand, as the broker last counted them.

        That is some seconds old, and nothing at all for the first seconds of a broker.
        """
        totals = "/api/queues?disable_stats=true&enable_queue_totals=true"
        return {each["name"]: each.get("messages", 0) for each in self.asked(totals)}

    def first(self, queue: str) -> str:
        """Return what the first message in `queue` is, as it is now; "" if none waits there.

        It is put back.
        """
        look = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
        for found in self.asked(f"/api/queues/%2f/{quote(queue, safe='')}/get", look):
            headers = found["properties"].get("headers", {})
            told = {name: headers.get(name) for name in ("ce-type", "ce-id", "attempt", "reason")}
            again = "redelivered" if found["redelivered"] else "fresh"
            return f"{found['routing_key']} {again} {told}"
        return ""

    def asked(self, path: str, body: object = None) -> Any:  # noqa: ANN401  whatever it answers
        """Return the broker's answer, as JSON; with a `body` it is a POST."""
        place = urlsplit(self.management_url)
        secret = b64encode(f"{place.username}:{place.password}".encode()).decode()
        request = Request(
            f"http://{place.hostname}:{place.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {secret}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310  http, to the broker we are told
            return json.load(answer)


def connect(told: Mapping[str, str] = os.environ) -> Edges:
    """Return the edges that the environment names (`JUDGE_…`)."""
    s3 = boto3.client(
        "s3",
        endpoint_url=told["JUDGE_S3_ENDPOINT"],
        aws_access_key_id=told["JUDGE_S3_ACCESS_KEY"],
        aws_secret_access_key=told["JUDGE_S3_SECRET_KEY"],
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    database = psycopg.connect(told["JUDGE_DATABASE_URL"], row_factory=dict_row, autocommit=True)
    return Edges(s3, database, told["JUDGE_MANAGEMENT_URL"])
