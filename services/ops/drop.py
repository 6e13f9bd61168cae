"""`scanpass drop`: bring a file or a folder into a site's drop, and follow it."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from services.ops import backlog, edges
from services.ops.ends import PROBLEM, Misused, Problem
from services.ops.journal import Journal, Uploaded, journal_path
from services.ops.screen import Json, plain, tell
from services.ops.sites import checked, demand
from services.ops.upload import NotWhole, Source, key_digest, prefix, send, sources, split
from shared.config import StorageSettings
from shared.storage import Storage

THREADS = 4
POLL = 0.5  # seconds between two looks at the receipts
MANY = 1_000  # keys in one question


@dataclass
class Sent:
    """How an upload went."""

    uploaded: list[Uploaded] = field(default_factory=list)
    known: list[Uploaded] = field(default_factory=list)  # by the journal, from an earlier run
    unreadable: list[Path] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)


def drop(  # noqa: PLR0913  a command's options are its arguments
    path: Annotated[Path, typer.Argument(help="A file, or a folder with all that is in it.")],
    *,
    site: Annotated[str, typer.Option(help="The site that drops.")],
    backfill: Annotated[bool, typer.Option("--backfill", help="The slow lane.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until each has its receipt.")] = False,
    wait_seconds: Annotated[float, typer.Option(help="At most so long.")] = 3600.0,
    as_json: Json = False,
) -> None:
    """Upload files, verified; again goes on where it stopped. Links are not followed."""
    demand(checked(site))
    if not path.exists():
        msg = f"There is no file or folder {path}."
        raise Misused(msg)
    found, passed_over = sources(path, prefix(site, backfill=backfill))
    since = started()
    sent = upload(path, site, found, backfill=backfill)
    sent.passed_over = passed_over
    taken = follow(site, sent, since, wait_seconds) if wait else None
    report(sent, taken, as_json=as_json)


def upload(path: Path, site: str, found: list[Source], *, backfill: bool) -> Sent:
    """Send what the journal does not know yet, and show how far it is."""
    endpoint = edges.read(StorageSettings).s3_endpoint
    storage = edges.storage()
    journal = Journal(journal_path(path, site, endpoint, backfill=backfill))
    try:
        todo, known = split(found, journal)
        sent = Sent(known=known)
        with bar("uploading", sum(source.size for source in todo)) as progress:
            send_all(todo, storage, journal, sent, progress)
    finally:
        journal.close()
    return sent


def send_all(
    todo: Sequence[Source], storage: Storage, journal: Journal, sent: Sent, progress: Progress
) -> None:
    """Send with several threads; the first edge that stays down ends it.

    Raises:
        EdgeDown: the store stays down; what was sent is in the journal.
        Problem: what arrived is not what was sent.

    """
    stop = Event()
    with ThreadPoolExecutor(THREADS) as threads:
        sending = {threads.submit(send, each, storage, journal, stop): each for each in todo}
        try:
            for done in as_completed(sending):
                source = sending[done]
                try:
                    sent.uploaded.append(done.result())
                except OSError:
                    sent.unreadable.append(source.path)
                progress.advance(progress.task_ids[0], source.size)
        except NotWhole:
            msg = "What arrived is not what was sent: a file changed meanwhile, or the store errs."
            raise Problem(msg) from None
        finally:
            stop.set()
            threads.shutdown(wait=True, cancel_futures=True)


def started() -> datetime:
    """Return the database's time: receipts from now on are of this run."""
    with edges.transaction() as connection:
        return backlog.clock(connection)


RECEIPTS = """
    SELECT DISTINCT ON (w.digest) w.digest, w.sha256, r.kind
    FROM unnest(%(digests)s::text[], %(sha256s)s::text[], %(since)s::timestamptz[])
        AS w (digest, sha256, since)
    JOIN ingest.receipt r
      ON r.site = %(site)s AND r.drop_digest = w.digest AND r.sha256 = w.sha256
     AND r.received_at >= w.since
"""
Waiting: TypeAlias = dict[tuple[str, str], datetime]


def follow(site: str, sent: Sent, since: datetime, seconds: float) -> dict[str, int]:
    """Wait until every file is archived or quarantined; return how many became what.

    A receipt counts only with the very SHA-256 that was read here. Files of an earlier run have
    theirs from then.
    """
    early = datetime.fromtimestamp(0, since.tzinfo)
    waiting: Waiting = {(key_digest(each.key), each.sha256): early for each in sent.known}
    waiting |= {(key_digest(each.key), each.sha256): since for each in sent.uploaded}
    outcomes: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    with bar("receipts", len(waiting), files=True) as progress:
        while waiting and time.monotonic() < deadline:
            for thing, kind in arrived(site, waiting):
                del waiting[thing]
                outcomes[kind] += 1
                progress.advance(progress.task_ids[0])
            if waiting:
                time.sleep(POLL)
    return {**outcomes, "waiting": len(waiting)}


def arrived(site: str, waiting: Waiting) -> list[tuple[tuple[str, str], str]]:
    """Return which of `waiting` have their receipt by now, and its kind."""
    found: list[tuple[tuple[str, str], str]] = []
    everything = list(waiting.items())
    with edges.transaction() as connection:
        for start in range(0, len(everything), MANY):
            part = everything[start : start + MANY]
            asked = {
                "site": site,
                "digests": [digest for (digest, _), _ in part],
                "sha256s": [sha256 for (_, sha256), _ in part],
                "since": [since for _, since in part],
            }
            rows = connection.execute(RECEIPTS, asked)
            found += [((row["digest"], row["sha256"]), row["kind"]) for row in rows]
    return found


@contextmanager
def bar(what: str, total: int, *, files: bool = False) -> Iterator[Progress]:
    """Show a bar on standard error, where somebody looks; `total` in bytes, or in files."""
    count = MofNCompleteColumn() if files else DownloadColumn()
    columns = ("{task.description}", BarColumn(), count, TimeElapsedColumn())
    console = Console(stderr=True)
    unseen = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=unseen) as progress:
        progress.add_task(what, total=total)
        yield progress


def report(sent: Sent, taken: dict[str, int] | None, *, as_json: bool) -> None:
    """Print what was sent and what became of it; exit code 1 where something is left over."""
    document: dict[str, Any] = {
        "uploaded": len(sent.uploaded),
        "uploaded_before": len(sent.known),
        "bytes": sum(each.size for each in sent.uploaded),
        "unreadable": [str(each) for each in sent.unreadable],
        "passed_over": [str(each) for each in sent.passed_over],
        "receipts": taken,
    }
    lines = [f"{len(sent.uploaded)} uploaded and verified, {len(sent.known)} were there already."]
    lines += [f"cannot be read: {plain(each)}" for each in sent.unreadable]
    lines += [f"passed over, no file or a link: {plain(each)}" for each in sent.passed_over]
    if taken is not None:
        archived = taken.get("instance", 0) + taken.get("roster", 0)
        quarantined = taken.get("quarantined", 0)
        lines.append(f"{archived} archived, {quarantined} quarantined, {taken['waiting']} waiting.")
    tell(document, lines, as_json=as_json)
    if sent.unreadable or (taken and taken["waiting"]):
        raise typer.Exit(PROBLEM)
