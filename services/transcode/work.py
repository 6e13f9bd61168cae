"""What runs inside a limited child: keys in, a small result out; the bytes never leave it."""

import logging
import warnings
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from services.transcode.frames import kept_digest
from services.transcode.gallery import Gallery
from services.transcode.glimpse import glimpse, picture
from services.transcode.part10 import Parts, take_apart
from services.transcode.recode import CODEC, recode
from services.transcode.unfit import Unfit
from shared.crashpoint import reached
from shared.dicom.image import Image
from shared.dicom.refusal import Unreadable
from shared.events import Outcome, StoredObject
from shared.storage import Storage
from shared.storage.s3 import S3

CHUNK = 1 << 20  # bytes
IN_MEMORY = 8 << 20  # bytes of a copy; above, it is on disk


class CorruptOriginal(Exception):
    """The archive gives other bytes than were put there: never served, never recoded."""


@dataclass(frozen=True, slots=True)
class Task:
    """One original, and where what is made of it goes in `derived`."""

    original: StoredObject
    copy_key: str
    thumbnail_key: str
    second_judge: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it; `object` is the one to serve."""

    outcome: Outcome
    object: StoredObject
    reason: str | None = None
    frames: int | None = None
    codec: str | None = None
    pixel_digest: str | None = None


@dataclass(slots=True)
class Bench:
    """What a child has at hand, made once."""

    storage: Storage
    gallery: Gallery


_benches: list[Bench] = []  # of this process: one, once it is set up


def set_up(endpoint: str, access_key: str, secret_key: str, region: str) -> None:
    """Open this child's own storage, and keep pydicom from telling what headers say."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    storage = S3(endpoint, access_key, secret_key, region)
    _benches[:] = [Bench(storage, Gallery(storage))]


def work(task: Task) -> Result:
    """Do `task` with what this child has at hand."""
    (bench,) = _benches
    return transcode(task, bench.storage, bench.gallery)


def transcode(task: Task, storage: Storage, gallery: Gallery) -> Result:
    """Make the fast copy of one original, and say how it went.

    Raises:
        CorruptOriginal: its SHA-256 is not the one that was promised.
        FileNotFoundError: it is not there.
        EdgeDown: S3 does not answer.

    """
    with (
        storage.open(task.original.bucket, task.original.key) as original,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # pydicom's quote what stands in the header
        if digest(original) != task.original.sha256:
            raise CorruptOriginal
        reached("transcode.original.read")
        try:
            parts = take_apart(original)
            with closing(parts.file):  # the original, or what it is in little endian
                return outcome(task, parts, storage, gallery)
        except Unreadable as why:
            return Result(Outcome.FAILED, task.original, reason=why.code)


def digest(file: BinaryIO) -> str:
    """Return the SHA-256 of all of `file`."""
    sha = sha256()
    while chunk := file.read(CHUNK):
        sha.update(chunk)
    return sha.hexdigest()


def outcome(task: Task, parts: Parts, storage: Storage, gallery: Gallery) -> Result:
    """Return what became of an instance that can be read."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spooled:
        copy = cast("BinaryIO", spooled)  # it has all of it, and no common base
        try:
            recoding = recode(parts, copy, second_judge=task.second_judge)
        except Unfit as why:
            return kept(task, parts, gallery, why.code)
        reached("transcode.copy.made")
        served = storage.put("derived", task.copy_key, copy, content_type="application/dicom")
    richest = partial(picture, recoding.richest, parts, recoding.image)
    reached("transcode.copy.stored")
    gallery.offer(task.thumbnail_key, recoding.detail, richest)
    reached("transcode.thumbnail.offered")
    return Result(
        Outcome.TRANSCODED,
        served,
        frames=recoding.image.frames,
        codec=CODEC,
        pixel_digest=recoding.digest.hexdigest(),
    )


def kept(task: Task, parts: Parts, gallery: Gallery, reason: str) -> Result:
    """Return that the original is the best copy of itself."""
    if parts.value is None:
        return Result(Outcome.KEPT, task.original, reason)
    image = Image.of(parts.outline)
    frame = glimpse(parts, image)
    shown = None if frame is None else picture(frame, parts, image)
    if shown is not None:
        gallery.offer(task.thumbnail_key, len(shown), lambda: shown)
    return Result(
        Outcome.KEPT,
        task.original,
        reason,
        frames=image.frames,
        pixel_digest=kept_digest(parts, image),
    )
