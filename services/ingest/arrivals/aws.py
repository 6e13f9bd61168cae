"""AWS S3: its records bare (SQS, SNS raw), in SNS's envelope, or as EventBridge tells it. Pure.

Records have the key URL-encoded, `+` for a space. EventBridge has it raw (real events have a bare
`:`), and spells its own way.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
"""

from functools import partial
from typing import Literal
from urllib.parse import unquote_plus

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from services.ingest.arrivals import Dropped, records
from services.ingest.arrivals.records import Bucket, Object, Place, Posted, Size, Time, Unheard
from services.ingest.arrivals.records import Version as VersionId

SOURCES = frozenset({"aws:s3"})


class Test(BaseModel):
    """What S3 says once, when notifications are configured."""

    event: Literal["s3:TestEvent"] = Field(alias="Event")


class Notification(BaseModel):
    """SNS's envelope around a body."""

    type: Literal["Notification"] = Field(alias="Type")
    message: str = Field(alias="Message")


class Confirmation(BaseModel):
    """SNS asks whether we want to hear a topic (any more); a stranger could ask too."""

    type: Literal["SubscriptionConfirmation", "UnsubscribeConfirmation"] = Field(alias="Type")


class BridgedObject(BaseModel):
    """The object, as EventBridge spells it."""

    key: str
    size: Size = 0
    etag: str = ""
    version: VersionId | None = Field(default=None, alias="version-id")


class Detail(BaseModel):
    """What has happened to which object."""

    bucket: Bucket
    object: BridgedObject


class Bridged(BaseModel):
    """One event of EventBridge."""

    source: Literal["aws.s3"]
    kind: str = Field(alias="detail-type")
    time: Time
    detail: Detail


Body = Test | Notification | Confirmation | Bridged | Posted
BODY: TypeAdapter[Body] = TypeAdapter(Body)


def hints(body: bytes) -> list[Dropped]:
    """Return what was dropped; none for what is not for us.

    Raises:
        Unheard: AWS does not say this, or asks for a confirmation that a person must give.

    """
    match read(body):
        case Notification(message=message):
            return bare(read(message.encode()))
        case Confirmation():
            code = "subscription-unconfirmed"
            raise Unheard(code)
        case told:
            return bare(told)


def read(body: bytes) -> Body:
    """Return what `body` is.

    Raises:
        Unheard: nothing that AWS says.

    """
    try:
        return BODY.validate_json(body)
    except ValidationError:
        code = "no-records"
        raise Unheard(code) from None


def bare(told: Body) -> list[Dropped]:
    """Return what was dropped, of what stands in no envelope.

    Raises:
        Unheard: it does.

    """
    match told:
        case Test():
            return []
        case Posted():
            return records.hints(told.bare(), SOURCES, partial(unquote_plus, errors="strict"))
        case Bridged():
            found = bridged(told)
            return [] if found is None else [found]
        case _:
            code = "no-records"
            raise Unheard(code)


def bridged(told: Bridged) -> Dropped | None:
    """Return what EventBridge says was dropped."""
    if told.kind != "Object Created":
        return None
    each = told.detail.object
    spelled = Object(key=each.key, size=each.size, e_tag=each.etag, version_id=each.version)
    return records.hint(Place(bucket=told.detail.bucket, object=spelled), told.time)
