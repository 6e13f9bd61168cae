"""Why the object store cannot be used, as a code; and what it says of encryption."""

from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from shared.config import StorageSettings

SECONDS = 5.0
HEADER = "x-amz-server-side-encryption"
REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "AuthFailure"}
NONE_SET = {
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchServerSideEncryptionConfiguration",
    "NoSuchEncryptionConfiguration",
}


def client(settings: StorageSettings) -> Minio:
    """Return a client that gives up fast."""
    url = urlsplit(settings.s3_endpoint)
    return Minio(
        url.netloc,
        settings.s3_access_key.get_secret_value(),
        settings.s3_secret_key.get_secret_value(),
        secure=url.scheme == "https",
        region=settings.s3_region,
        http_client=urllib3.PoolManager(timeout=SECONDS, retries=urllib3.Retry(0)),
    )


def why_not(settings: StorageSettings, bucket: str = "drop") -> str | None:
    """Return why `bucket` cannot be listed, as a code, or None where it can."""
    try:
        next(iter(client(settings).list_objects(bucket, prefix="scanpass-probe/")), None)
    except S3Error as error:
        if error.code in REFUSED:
            return "wrong-password"
        return {"AccessDenied": "not-let-in", "NoSuchBucket": "no-such-bucket"}.get(
            error.code or "", "unknown"
        )
    except (InvalidResponseError, ServerError):
        return "other-server"
    except HTTPError as error:
        return silence(error)
    return None


def silence(error: BaseException) -> str:
    """Return the code of a connection that did not come about."""
    if isinstance(error, MaxRetryError) and error.reason is not None:
        error = error.reason
    match error:
        case NameResolutionError():  # a kind of the next, so it stands first
            return "unknown-host"
        case NewConnectionError():
            return "nobody-listens"
        case ConnectTimeoutError() | ReadTimeoutError():
            return "silent"
    return "other-server"


def version(settings: StorageSettings) -> str:
    """Return how the server introduces itself.

    Raises:
        HTTPError: it does not answer; ask `why_not` first.

    """
    url = settings.s3_endpoint
    answer = urllib3.request("GET", url, timeout=SECONDS, retries=False, preload_content=False)
    answer.release_conn()
    return str(answer.headers.get("Server", "?"))


def encryption(settings: StorageSettings, bucket: str) -> str:
    """Return what `bucket` says of encryption at rest: an algorithm, `none` or `not known`.

    An identity that may not ask the bucket looks at what an object in it says.
    """
    try:
        return of_bucket(client(settings), bucket)
    except S3Error as error:
        if error.code in NONE_SET:
            return "none"
    except (InvalidResponseError, ServerError, HTTPError):
        return "not known"
    try:
        return of_object(client(settings), bucket)
    except (S3Error, InvalidResponseError, ServerError, HTTPError):
        return "not known"


def of_bucket(store: Minio, bucket: str) -> str:
    """Return the algorithm the bucket is set to."""
    set_up = store.get_bucket_encryption(bucket)
    return set_up.rule.sse_algorithm if set_up and set_up.rule else "none"


def of_object(store: Minio, bucket: str) -> str:
    """Return the algorithm of the first object, as its header tells it."""
    first = next(iter(store.list_objects(bucket, recursive=True)), None)
    if first is None or first.object_name is None:
        return "not known"
    told = store.stat_object(bucket, first.object_name).metadata or {}
    return str(told.get(HEADER, "none"))
