"""`scanpass trace` and `study show`: the life of a thing with its times."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from services.ops import edges
from services.ops.ends import Problem, Unreachable
from services.ops.life import Moment, Traces, life
from services.ops.masking import shown
from services.ops.queries import Thing, identifiers, things, traces
from services.ops.screen import Json, table, tell
from services.ops.topology import WORK
from shared.broker.graveyard import DeadLetter
from shared.db import Connection


@dataclass(frozen=True)
class Story:
    """One thing, all that is known of it, and its moments in order."""

    thing: Thing
    traces: Traces
    moments: list[Moment]


def trace(
    ref: Annotated[str, typer.Argument(help="Reference, accession number, UID or SHA-256.")],
    *,
    as_json: Json = False,
) -> None:
    """Print the life of whatever bears this reference, number, UID or SHA-256."""
    letters, silent = dead_letters()
    with edges.snapshot() as connection:
        told = stories(connection, ref, letters)
    if not told:
        msg = f"Nothing is known by {ref}."
        raise Problem(msg)
    note = "ok" if silent is None else silent.sentence
    document = {
        "found": [
            {**asdict(story.thing), "life": [asdict(moment) for moment in story.moments]}
            for story in told
        ],
        "dead_letters": note,
    }
    people: list[Table | str] = []
    for story in told:
        people += ["", story.thing.title, drawn(story.moments)]
    if silent is not None:
        people += ["", f"Dead letters were not looked at: {silent.sentence}"]
    tell(document, people[1:], as_json=as_json)


def stories(
    connection: Connection, ref: str, letters: Iterable[DeadLetter], site: str | None = None
) -> list[Story]:
    """Return every thing that `ref` names, with its life."""
    told = []
    for thing in dict.fromkeys(things(connection, ref)):
        if site is not None and thing.site != site:
            continue
        known = traces(connection, thing, [])
        about = identifiers(known)
        dead = [told_of(each) for each in letters if concerns(each, thing, about)]
        whole = traces(connection, thing, dead) if dead else known
        told.append(Story(thing, whole, life(whole)))
    return told


def dead_letters() -> tuple[list[DeadLetter], Unreachable | None]:
    """Return all dead letters; a broker that is down does not stop the rest of the story."""
    try:
        with edges.graveyard() as graveyard:
            found: list[DeadLetter] = []
            for queue in WORK:
                try:
                    found += graveyard.look(queue)
                except LookupError:
                    continue
            return found, None
    except Unreachable as silent:
        return [], silent


def concerns(letter: DeadLetter, thing: Thing, about: set[str]) -> bool:
    """Say whether a dead letter is about `thing`: same site, and one of its identifiers."""
    said = shown(letter.type, letter.body)
    if said.get("site") != thing.site:
        return False
    stored = said.get("object")
    digest = stored.get("sha256") if isinstance(stored, dict) else None
    names = ("study_uid", "sop_uid", "sha256", "original_sha256", "key_digest")
    return bool(about & {str(each) for each in (digest, *map(said.get, names)) if each})


def told_of(letter: DeadLetter) -> dict[str, Any]:
    """Return a dead letter as a row of a life."""
    try:
        at = datetime.fromisoformat(letter.failed_at)
    except ValueError:
        at = None
    return {"failed_at": at, "queue": letter.queue, "reason": letter.reason}


def drawn(moments: list[Moment]) -> Table:
    """Return the moments as a table."""
    rows = [
        (
            moment.at,
            moment.until if moment.count > 1 else "",
            moment.count,
            moment.what,
            moment.detail,
        )
        for moment in moments
    ]
    return table(("from", "until", "count", "what", "detail"), rows)
