"""shared.storage.signing: the signature is the one that the store's own client makes."""

from datetime import UTC, datetime
from urllib.parse import SplitResult

import pytest
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3

from shared.storage.signing import NOTHING, signed

AT = datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/archive/north/1.2/3.dcm", "/drop/n%20o%2Brth/%C3%A9"])
@pytest.mark.parametrize("region", ["us-east-1", "region"])
def test_it_is_what_the_client_signs(path: str, region: str) -> None:
    """The same request at the same second has the same headers."""
    host = "store.example:9000"
    theirs = sign_v4_s3(
        method="GET",
        url=SplitResult("http", host, path, "", ""),
        region=region,
        headers={
            "Host": host,
            "x-amz-content-sha256": NOTHING,
            "x-amz-date": AT.strftime("%Y%m%dT%H%M%SZ"),
        },
        credentials=Credentials("access", "secret"),
        content_sha256=NOTHING,
        date=AT,
    )
    lines = signed(("access", "secret"), region, host, path, AT.timestamp()).split("\r\n")
    ours = dict(line.split(":", 1) for line in lines[:-1])
    assert ours == {name.lower(): str(each).replace(", ", ",") for name, each in theirs.items()}
