"""S3's event records, a language of many accents: what a dialect's body says, as hints. Pure.

AWS defines the record; Ceph, MinIO and RustFS send it too. They differ in how a key is written,
in who they say they are, and in what they leave out.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from services.ingest.arrivals import BUCKET, Dropped, listing
from shared.errors import Malformed
from shared.storage import Found

CREATED = "ObjectCreated:"  # Put, Post, Copy, CompleteMultipartUpload, …
LONGEST_KEY = 1024  # bytes of UTF-8, in S3


class Unheard(Malformed):
    """A body that the dialect does not understand."""

    def __init__(self, code: str) -> None:
        """Keep a code, and nothing of the body: it may bear names."""
        super().__init__(code)
        self.code = code


def in_utc(time: datetime) -> datetime:
    """Return `time` with a zone: the servers mean UTC where they say none."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


Time = Annotated[datetime, AfterValidator(in_utc)]
Size = Annotated[int, Field(ge=0, lt=1 << 63)]  # bytes
Version = Annotated[str, Field(pattern=r"^[!-~]{0,1024}$")]


class Spelled(BaseModel):
    """A part of a record; in it names are spelled `likeThis`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Object(Spelled):
    """The object. Removals have no size; without versioning there is no version."""

    key: str
    size: Size = 0
    e_tag: str = ""
    version_id: Version | None = None


class Bucket(Spelled):
    """Where it lies."""

    name: str


class Place(Spelled):
    """Bucket and object."""

    bucket: Bucket
    object: Object


class Record(Spelled):
    """One thing that has happened."""

    event_source: str
    event_name: str
    event_time: Time
    s3: Place


class Wrapped(BaseModel):
    """A record as RustFS puts it into AMQP; in its webhook it stands bare."""

    data: Record


class Posted(BaseModel):
    """One message: almost always a single record."""

    records: list[Record | Wrapped] = Field(alias="Records", min_length=1)

    def bare(self) -> list[Record]:
        """Return the records themselves."""
        return [each.data if isinstance(each, Wrapped) else each for each in self.records]


def read(body: bytes) -> list[Record]:
    """Return the records in `body`.

    Raises:
        Unheard: there are none.

    """
    try:
        return Posted.model_validate_json(body).bare()
    except ValidationError:
        code = "no-records"
        raise Unheard(code) from None


def hints(
    records: Iterable[Record], sources: frozenset[str], key_of: Callable[[str], str]
) -> list[Dropped]:
    """Return what was dropped; `key_of` undoes a server's way to write keys.

    Raises:
        Unheard: a server speaks that is none of `sources`, or a key is none.

    """
    told = []
    for record in records:
        if record.event_source not in sources:
            code = "other-server"
            raise Unheard(code)
        if record.event_name.removeprefix("s3:").startswith(CREATED):
            told.append(hint(record.s3, record.event_time, key_of))
    return [each for each in told if each is not None]


def hint(place: Place, time: datetime, key_of: Callable[[str], str] = str) -> Dropped | None:
    """Return what the listing would say of the object.

    None: it would say nothing, or lies elsewhere; or nobody says which version it is, so that
    the listing must.

    Raises:
        Unheard: its key cannot be one.

    """
    try:
        key = key_of(place.object.key)
    except UnicodeDecodeError:
        code = "key-undecodable"
        raise Unheard(code) from None
    if not 0 < len(key.encode()) <= LONGEST_KEY:
        code = "key-length"
        raise Unheard(code)
    version, size = place.object.version_id, place.object.size
    folder = size == 0 and key.endswith("/")
    if place.bucket.name != BUCKET or folder or version in (None, "", "null"):
        return None
    return listing.hint(Found(BUCKET, key, version, size, place.object.e_tag.strip('"'), time))
