"""What ingest does with one dropped object."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import BinaryIO, Protocol

import structlog

from services.ingest.arrivals import Dropped, digest, lane_of
from services.ingest.content import Content, content_of
from services.ingest.declared import Declaration, is_manifest
from services.ingest.inspect import Finding, Instance, Refused, Roster, inspect
from services.ingest.placing import declared, place, telling
from services.ingest.receipts import Receipt
from services.ingest.unpack import Unpacking, came_unpacked
from services.ingest.zipped import Archive
from shared import metrics
from shared.brought import brought, label
from shared.canary import is_canary
from shared.crashpoint import reached
from shared.events import Event, StoredObject
from shared.logs import told
from shared.reasons import Reason
from shared.storage import Changed, Found, Storage

log = structlog.get_logger()


class Ledger(Protocol):
    """Where receipts are written."""

    def write(self, receipt: Receipt) -> Event:
        """Return the event to tell, once the receipt is committed."""


def dropped(
    hint: Dropped,
    storage: Storage,
    ledger: Ledger,
    open_for: Callable[[str], bool],
    unpacking: Unpacking,
) -> Iterator[Event]:
    """Keep one dropped version, write its receipts, tell them, and only then let go of the drop.

    Safe to run twice, and to die anywhere: the keys come from the content, the first receipt
    stands, and what is no longer in `drop` has been done. The generator goes on after its `yield`
    when the broker has confirmed the event.

    An archive stays in `drop` until all its files have their receipts: the sweep brings it back.
    """
    if not open_for(hint.site):  # it stays in `drop` until the site is added, or let go
        log.warning("site_not_open", site=hint.site)
        return
    with unpacking.alone(hint) as mine:
        if mine:
            yield from taken_in(hint, storage, ledger, unpacking)


def taken_in(
    hint: Dropped, storage: Storage, ledger: Ledger, unpacking: Unpacking
) -> Iterator[Event]:
    """Do it for a site that is open, while no other thread is at it."""
    try:
        file = storage.open(hint.bucket, hint.key, hint.version)
    except FileNotFoundError:
        return  # done, by ourselves or another
    with file:
        reached("ingest.drop.opened")
        content, finding = content_of(file), looked_at(file, manifest=is_manifest(hint.key))
        reached("ingest.drop.inspected")
        if isinstance(finding, Archive):
            if came_unpacked(hint.key):
                finding = Refused(Reason.ARCHIVE_NESTED)
            elif not unpacking.unpacked(hint, file, content, finding):
                return
        if isinstance(finding, Roster) and brought(hint.site):
            finding = Refused(Reason.NOT_DICOM)  # whom to write to is told by hospitals alone
    stored = place(hint.site, digest(hint.key), content, finding)
    try:
        keep(hint, content, stored, storage)
    except FileNotFoundError:
        return  # another was faster
    reached("ingest.original.kept")
    if isinstance(finding, Refused):
        explain(hint, content, stored, finding, storage)
        reached("ingest.reason.explained")
    for receipt in receipts(hint, content, stored, finding):
        event = ledger.write(receipt)
        reached("ingest.receipt.written")
        yield event
    reached("ingest.receipts.told")
    storage.remove(hint.bucket, hint.key, hint.version)
    reached("ingest.drop.removed")
    count(hint.site, content, finding)


def receipts(
    hint: Dropped, content: Content, stored: StoredObject, finding: Finding
) -> Iterator[Receipt]:
    """Yield the receipt of a drop, or of a declaration one for each study, in a fixed order.

    Its lane is the one the hospital chose: the surplus of a crowd waits too, but is of today.
    """

    def receipt(version: str, event: Callable[[datetime], Event]) -> Receipt:
        return Receipt(
            site=hint.site,
            drop_digest=digest(hint.key),
            drop_version=version,
            content=content,
            stored=stored,
            lane=lane_of(hint.key),
            dropped_at=hint.modified_at,
            event=event,
        )

    if isinstance(finding, Declaration):
        for each in declared(hint.site, stored, finding, hint.modified_at):
            yield receipt(f"{hint.version}/{each.study_uid}", partial(always, each))
    else:
        event = telling(hint.site, digest(hint.key), lane_of(hint.key), stored, finding)
        yield receipt(hint.version, event)


def always(event: Event, _now: datetime) -> Event:
    """Return the event, whenever it is received."""
    return event


def looked_at(file: BinaryIO, *, manifest: bool = False) -> Finding:
    """Say what `file` is; a fault of ours must not stop the drop."""
    try:
        return inspect(file, manifest=manifest)
    except (MemoryError, OSError):
        raise  # the machine's fault, not the file's
    except Exception as error:  # noqa: BLE001  whatever a stranger's bytes lead to
        log.error("inspection_failed", error=told(error))
        return Refused(Reason.INSPECTION_FAILED)


def keep(hint: Dropped, content: Content, stored: StoredObject, storage: Storage) -> None:
    """Copy the very content that was read to its place; by way of us if the store refuses.

    Raises:
        Changed: the version has not the same bytes each time.
        FileNotFoundError: the version is gone.

    """
    source = Found(hint.bucket, hint.key, hint.version, content.size, hint.etag, hint.modified_at)
    try:
        storage.copy(source, stored.bucket, stored.key)
    except Changed:  # the hint's ETag is not the store's own: read again, and put what was read
        with storage.open(hint.bucket, hint.key, hint.version) as file:
            if content_of(file) != content:
                raise
            file.seek(0)
            storage.put(stored.bucket, stored.key, file)


def explain(
    hint: Dropped, content: Content, stored: StoredObject, refused: Refused, storage: Storage
) -> None:
    """Put the reason beside the bytes, for the desk: there the key may be read."""
    reason = {
        "reason": refused.reason,
        "meaning": refused.reason.meaning,
        "releasable": refused.instance is not None and refused.reason.releasable,
        "site": hint.site,
        "drop_key": hint.key,
        "drop_version": hint.version,
        "dropped_at": hint.modified_at.isoformat(),
        "sha256": content.sha256,
        "crc32": f"{content.crc32:08x}",
        "size": content.size,
    }
    body = json.dumps(reason, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    storage.put("quarantine", stored.key.removesuffix(".bin") + ".json", body, "application/json")


KINDS: dict[type[Finding], str] = {
    Instance: "instance",
    Roster: "roster",
    Declaration: "declaration",
    Archive: "archive",
    Refused: "quarantined",
}


def count(site: str, content: Content, finding: Finding) -> None:
    """Show in the metrics what came in."""
    ours = isinstance(finding, Instance) and is_canary(finding.study_uid)
    kind = "canary" if ours else KINDS[type(finding)]
    metrics.OBJECTS_RECEIVED.labels(site=label(site), kind=kind).inc()
    if isinstance(finding, Refused):
        metrics.OBJECTS_QUARANTINED.labels(site=label(site), reason=finding.reason).inc()
        log.info("object_quarantined", site=site, reason=finding.reason, sha256=content.sha256)
