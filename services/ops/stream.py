"""`scanpass journal`: every event that was told, to look at, to tell again, and to keep."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

import typer

from services.ops import edges
from services.ops.ends import Misused, Problem
from services.ops.screen import Json, plain, tell
from services.ops.topology import WORK
from shared.broker import journal
from shared.broker.envelope import Outgoing
from shared.broker.journal import Told

app = typer.Typer(help="Every event that was told.")

SLICE = 200  # events that are told again between two looks at their confirms
BUCKET = "ledger"
# What the law of a patient's own will rests on: a stream has a retention, and does not fsync.
KEPT = ("patient", "consent", "share", "access")
AGES = {"m": 60, "h": 3600, "d": 86_400}

Since = Annotated[str | None, typer.Option(help="2h, 30m, 7d, or a time in ISO 8601.")]
Type = Annotated[str | None, typer.Option("--type", help="Types that begin so: `study.`")]
Site = Annotated[str | None, typer.Option(help="Of one site.")]


@app.command("tail")
def tail(
    *,
    since: Since = "1h",
    of_type: Type = None,
    site: Site = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Print events, the oldest first; with --json one document a line, with its body."""
    for event in events(since, of_type, site, follow=follow):
        if as_json:
            typer.echo(json.dumps(document(event), ensure_ascii=False))
        else:
            at = event.at.isoformat(" ", "seconds") if event.at else "?"
            typer.echo(plain(f"{at}  {event.type:<28}{event.subject}  {event.id}"))


@app.command("replay")
def replay(  # noqa: PLR0913  a command's options are its arguments
    queue: Annotated[str, typer.Argument(help="The work queue that gets them.")],
    *,
    since: Since = None,
    of_type: Type = None,
    site: Site = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Tell events again to one queue: to a new service, or to one that has lost some.

    Each with its old id, so what had its effect has none again.
    """
    if queue not in WORK:
        msg = f"{queue} is no work queue: {', '.join(WORK)}."
        raise Misused(msg)
    wanted = list(events(since, of_type, site))
    if not yes:
        typer.confirm(f"Tell {len(wanted)} events again to {queue}?", abort=True, err=True)
    with edges.publisher() as publisher:
        for first in range(0, len(wanted), SLICE):
            some = wanted[first : first + SLICE]
            publisher.post([Outgoing("", queue, each.body, each.headers) for each in some])
    tell({"replayed": len(wanted)}, [f"{len(wanted)} events told again."], as_json=as_json)


@app.command("keep")
def keep(
    day: Annotated[
        str | None, typer.Argument(help="2026-11-24, in UTC; yesterday without.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Copy a day's events of patients' own will into the bucket `ledger`; again is harmless."""
    begin = midnight(day)
    end = begin + timedelta(days=1)
    found = [
        event
        for event in journal.read(edges.amqp_url(), begin)
        if event.at and begin <= event.at < end and event.type.split(".")[0] in KEPT
    ]
    written = dict(segments(found, begin))
    storage = edges.storage()
    for key, body in written.items():
        storage.put(BUCKET, key, body, content_type="application/gzip")
    lines = [f"{BUCKET}/{key}" for key in written] or ["Nothing of that day has to be kept."]
    tell({"events": len(found), "segments": list(written)}, lines, as_json=as_json)


def segments(found: Iterable[Told], day: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield a key and a gzip of JSON lines for each kind of event; equal input is equal bytes."""
    once = {event.id: event for event in found}
    ordered = sorted(once.values(), key=lambda event: (kind(event), str(event.at), event.id))
    for name, events_of in groupby(ordered, key=kind):
        lines = "".join(
            json.dumps(document(event), sort_keys=True, ensure_ascii=False) + "\n"
            for event in events_of
        )
        yield f"journal/{day:%Y-%m-%d}/{name}.jsonl.gz", gzip.compress(lines.encode(), mtime=0)


def kind(event: Told) -> str:
    """Return the first word of an event's type."""
    return event.type.split(".")[0]


def document(event: Told) -> dict[str, Any]:
    """Return an event as JSON: its CloudEvents attributes, and its data."""
    attributes = {
        name.removeprefix("ce-"): value
        for name, value in event.headers.items()
        if name.startswith("ce-") and isinstance(value, str)
    }
    try:
        data = json.loads(event.body)
    except ValueError:
        data = None  # no event of ours
    return attributes | {"data": data}


def events(
    since: str | None, of_type: str | None, site: str | None, *, follow: bool = False
) -> Iterator[Told]:
    """Yield what is wanted of the journal.

    Raises:
        Problem: there is no journal.

    """
    try:
        for event in journal.read(edges.amqp_url(), moment(since), follow=follow):
            if event.type.startswith(of_type or "") and site in (None, event.site):
                yield event
    except LookupError:
        msg = "There is no journal: run `scanpass topology apply`."
        raise Problem(msg) from None


def moment(said: str | None) -> datetime | None:
    """Return the time that `2h` or an ISO 8601 time means, None for the beginning.

    Raises:
        Misused: it means none.

    """
    if said is None:
        return None
    if age := re.fullmatch(r"(\d+)([mhd])", said):
        return datetime.now(UTC) - timedelta(seconds=int(age[1]) * AGES[age[2]])
    if (found := journal.time_of(said)) is None:
        msg = f"{said} is no time: say 2h, 30m, 7d, or 2026-11-24T08:00."
        raise Misused(msg)
    return found


def midnight(day: str | None) -> datetime:
    """Return when a day begins, in UTC; yesterday where none is said.

    Raises:
        Misused: it is no day.

    """
    if day is None:
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(1)
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        msg = f"{day} is no day: say 2026-11-24."
        raise Misused(msg) from None
