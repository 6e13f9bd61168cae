"""`scanpass dead`: messages that nobody could handle, and what to do with them."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from services.ops import edges
from services.ops.ends import Misused, Problem
from services.ops.masking import code, shown
from services.ops.screen import Json, plain, table, tell
from services.ops.topology import WORK
from shared.broker.graveyard import DeadLetter, Graveyard

app = typer.Typer(help="Messages that nobody could handle.")
TITLES = ("queue", "id", "type", "reason", "failed at", "site")
Id = Annotated[str, typer.Argument(help="As `dead list` prints it, or its beginning.")]
LEAST = 4  # letters of an id, so that no slip of the finger means many


@app.command("list")
def show_all(
    queue: Annotated[str | None, typer.Argument(help="A work queue; all without.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List dead letters; nothing is taken away by looking."""
    with edges.graveyard() as graveyard:
        letters = [letter for each in named(queue) for letter in look(graveyard, each, queue)]
    rows = [described(letter) for letter in letters]
    drawn = table(TITLES, [[row[title.replace(" ", "_")] for title in TITLES] for row in rows])
    people = [drawn] if rows else ["There are no dead letters."]
    tell({"dead_letters": rows}, people, as_json=as_json)


@app.command("show")
def show(ident: Id, *, as_json: Json = False) -> None:
    """Show one dead letter; object keys are masked, since hospitals put names into them."""
    with edges.graveyard() as graveyard:
        letters = [letter for queue in WORK for letter in look(graveyard, queue)]
    wanted = [letter for letter in letters if by_id(ident)(letter)]
    if not wanted:
        msg = f"No dead letter has the id {ident}."
        raise Problem(msg)
    documents = [
        {**described(letter), "body": shown(letter.type, letter.body)} for letter in wanted
    ]
    people = [
        table(("", ""), [(name, plain(value)) for name, value in each.items()])
        for each in documents
    ]
    tell({"dead_letters": documents}, people, as_json=as_json)


@app.command("replay")
def replay(
    ident: Annotated[str | None, typer.Argument(help="Of one letter.")] = None,
    *,
    queue: Annotated[str | None, typer.Option(help="All of one work queue.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of all queues.")] = False,
    as_json: Json = False,
) -> None:
    """Put dead letters back into their work queue, as if they came for the first time."""
    if sum((ident is not None, queue is not None, everything)) != 1:
        msg = "Say what to replay: an id, or --queue Q, or --all."
        raise Misused(msg)
    wanted = by_id(ident) if ident else lambda _letter: True
    with edges.graveyard() as graveyard:
        gone = [
            letter
            for each in named(queue)
            for letter in taken(graveyard.replay, each, wanted, named_by_person=queue)
        ]
    done(gone, "replayed", ident, as_json=as_json)


@app.command("discard")
def discard(
    ident: Id,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a dead letter for good."""
    wanted = by_id(ident)
    if not yes:
        typer.confirm(f"Remove dead letter {ident} for good?", abort=True, err=True)
    with edges.graveyard() as graveyard:
        gone = [letter for queue in WORK for letter in taken(graveyard.discard, queue, wanted)]
    done(gone, "discarded", ident, as_json=as_json)


def done(gone: list[DeadLetter], what: str, ident: str | None, *, as_json: bool) -> None:
    """Print what was done.

    Raises:
        Problem: a letter was named, and there is none.

    """
    if ident is not None and not gone:
        msg = f"No dead letter has the id {ident}."
        raise Problem(msg)
    word = "letter" if len(gone) == 1 else "letters"
    document = {what: [described(letter) for letter in gone]}
    tell(document, [f"{len(gone)} dead {word} {what}."], as_json=as_json)


def taken(
    act: Callable[[str, Callable[[DeadLetter], bool]], list[DeadLetter]],
    queue: str,
    wanted: Callable[[DeadLetter], bool],
    named_by_person: str | None = None,
) -> list[DeadLetter]:
    """Return the letters of `queue` that `act` is done with; a missing queue has none.

    Raises:
        Problem: the queue is missing, and a person has named it.

    """
    try:
        return act(queue, wanted)
    except LookupError:
        if named_by_person is None:
            return []
        msg = f"The broker has no dead letters' queue of {queue}: `scanpass topology check`."
        raise Problem(msg) from None


def look(graveyard: Graveyard, queue: str, named_by_person: str | None = None) -> list[DeadLetter]:
    """Return the dead letters of `queue`, and leave them there."""
    return taken(lambda each, _wanted: graveyard.look(each), queue, bool, named_by_person)


def named(queue: str | None) -> list[str]:
    """Return the queue that was named, or all.

    Raises:
        Misused: no such queue is in the table.

    """
    if queue is None:
        return WORK
    if queue.removesuffix(".dead") not in WORK:
        msg = f"No work queue is called {queue}; there are: {', '.join(WORK)}."
        raise Misused(msg)
    return [queue.removesuffix(".dead")]


def by_id(ident: str) -> Callable[[DeadLetter], bool]:
    """Return what tells the letters whose id begins with `ident`.

    Raises:
        Misused: that is too short to mean one letter.

    """
    if len(ident) < LEAST:
        msg = f"Give at least {LEAST} letters of the id."
        raise Misused(msg)
    return lambda letter: letter.id.startswith(ident)


def described(letter: DeadLetter) -> dict[str, Any]:
    """Return what may be said of a letter; whatever is no code is left out."""
    return {
        "queue": letter.queue,
        "id": letter.id,
        "type": code(letter.type),
        "reason": code(letter.reason.replace("_", "-")),
        "failed_at": letter.failed_at,
        "attempt": letter.headers.get("attempt"),
        "site": shown(letter.type, letter.body).get("site", "?"),
    }
