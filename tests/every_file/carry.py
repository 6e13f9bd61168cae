"""The one place that knows the product: a file in, what became of it out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import SEEK_END, BytesIO
from typing import BinaryIO, cast
from unittest.mock import patch

from services.index import header
from services.ingest.handler import looked_at
from services.ingest.inspect import Instance, Refused
from services.transcode import recode
from services.transcode.gallery import Gallery
from services.transcode.handler import handle
from services.transcode.recode import encode
from services.transcode.settings import Proof
from services.transcode.splice import splice
from services.transcode.work import Result, Task, transcode
from shared.catalogue.served import unpacked
from shared.dicom.decoders import Frame
from shared.events import InstanceStored, InstanceTranscoded, Lane, Outcome
from tests.fakes.storage import MemoryStorage

SOP_INSTANCE_UID = "00080018"
GREY_AXES = 2  # rows, columns
PLANTS = ("flipped-pixel", "wrong-colour", "untold-transform", "lost-reason", "ended-twice")
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"  # of the pixel data (PS3.5 §A.4)


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of one file; `copy` is the fast one, where there is one."""

    outcome: str  # quarantined, transcoded, kept, failed, roster, declaration
    reason: str
    copy: bytes | None = None
    listed: bool = True  # what was let in is found by its UID in its header, as index reads it


def carry(content: bytes) -> Carried:
    """Take a dropped file through ingest, transcode and index, as far as they are pure."""
    found = looked_at(BytesIO(content))
    if isinstance(found, Refused):
        return Carried("quarantined", str(found.reason))
    if not isinstance(found, Instance):
        return Carried(type(found).__name__.lower(), "")
    storage = MemoryStorage()
    event = InstanceStored(
        site="north",
        study_uid=found.study_uid,
        series_uid=found.series_uid,
        sop_uid=found.sop_uid,
        sop_class_uid=found.sop_class_uid,
        modality=found.modality,
        transfer_syntax_uid=found.transfer_syntax_uid,
        object=storage.put("archive", "original", content),
        door="bucket",
        received_at=datetime.now(UTC),
        lane=Lane.LIVE,
    )
    gallery = Gallery(storage)

    def run(task: Task) -> Result:
        return worked(task, storage, gallery)

    (told,) = handle(event, run, Proof.ALL)
    if not isinstance(told, InstanceTranscoded):
        raise TypeError
    with storage.open(told.object.bucket, told.object.key) as file:
        copy = file.read() if told.outcome is Outcome.TRANSCODED else None
    return Carried(str(told.outcome), told.reason or "", copy, listed(event, storage))


def listed(event: InstanceStored, storage: MemoryStorage) -> bool:
    """Say whether index reads from the original who the instance is."""
    where = event.object
    syntax = event.transfer_syntax_uid
    packed = header.read(storage, where.bucket, where.key, where.size, syntax).packed
    told = json.loads(unpacked(packed))
    return bool(told.get(SOP_INSTANCE_UID, {}).get("Value") == [event.sop_uid])


def worked(task: Task, storage: MemoryStorage, gallery: Gallery) -> Result:
    """Do what a child does."""
    return transcode(task, storage, gallery)


def blue_first(frame: Frame) -> Frame:
    """Return a colour frame with red and blue changed about."""
    return frame[..., ::-1] if frame.ndim > GREY_AXES else frame


def ended_twice(*arguments: object) -> None:
    """Write a copy as `splice` does, and a second end of its pixel data after all."""
    splice(*arguments)  # type: ignore[arg-type]  # they are splice's own
    out = cast("BinaryIO", arguments[0])
    out.seek(0, SEEK_END)
    out.write(DELIMITER)
    out.seek(0)


@contextmanager
def planted(fault: str | None) -> Iterator[None]:
    """Build a fault into the product, behind the proof that it makes of its own work."""
    blind = patch.object(recode, "same", lambda *_, **__: True)
    if fault == "flipped-pixel":
        with blind, patch.object(recode, "encode", lambda frame, rct: encode(frame ^ 1, rct=rct)):
            yield
    elif fault == "wrong-colour":
        with blind, patch.object(recode, "encode", lambda f, rct: encode(blue_first(f), rct=rct)):
            yield
    elif fault == "untold-transform":
        with patch.object(recode, "changes", lambda _: {}):
            yield
    elif fault == "lost-reason":
        with patch(f"{__name__}.worked", lambda *task: replace(transcode(*task), reason=None)):
            yield
    elif fault == "ended-twice":
        with patch.object(recode, "splice", ended_twice):
            yield
    else:
        yield
