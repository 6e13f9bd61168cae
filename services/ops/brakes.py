"""`scanpass pause` and `scanpass resume`: what an operator holds by hand, and lets go."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from services.ops import edges
from services.ops.ends import Misused, Problem
from services.ops.screen import Json, plain, tell
from services.ops.sites import checked, exists
from services.ops.waiting import lasting
from services.ops.who import As, who
from shared.db import Connection, Row


class Brake(StrEnum):
    """What can be held."""

    LETTERS = "letters"
    SHARING = "sharing"
    PORTAL = "portal"
    SITE = "site"


HELD = "SELECT brake, actor, reason, at FROM sites.braked ORDER BY at"
WORD = """
    INSERT INTO sites.brake (brake, pulled, actor, reason) VALUES (%s, %s, %s, %s)
    RETURNING brake, pulled, actor, reason, at
"""
MEANS = {
    Brake.LETTERS: "No letter about a study leaves; they wait. Codes to sign in still do.",
    Brake.SHARING: "Nobody but patients and who helps them sees anything; nothing new is shared.",
    Brake.PORTAL: "Patients look, sign in and take back; nothing else is changed there.",
    Brake.SITE: "What it drops stays in the drop, and its letters wait.",
}

What: TypeAlias = Annotated[Brake, typer.Argument(help="What.")]
Name: TypeAlias = Annotated[str | None, typer.Argument(help="Of a site its short name.")]


def pause(
    what: What,
    name: Name = None,
    *,
    why: Annotated[str, typer.Option(help="For whoever finds it held.")] = "",
    actor: As = None,
    as_json: Json = False,
) -> None:
    """Hold something, until it is resumed. Nothing is lost meanwhile."""
    said = word(what, name, pulled=True, actor=who(actor), reason=why)
    tell(said, [f"{said['brake']} is held. {MEANS[what]}"], as_json=as_json)


def resume(what: What, name: Name = None, *, actor: As = None, as_json: Json = False) -> None:
    """Let go of what is held."""
    said = word(what, name, pulled=False, actor=who(actor), reason="")
    tell(said, [f"{said['brake']} goes on."], as_json=as_json)


def word(what: Brake, name: str | None, *, pulled: bool, actor: str, reason: str) -> Row:
    """Write down what is held or let go.

    Raises:
        Misused: a site is not named, or something else is.
        Problem: it is so already, or there is no such site.

    """
    if (name is None) == (what is Brake.SITE):
        msg = (
            "Say which site: `scanpass pause site NAME`."
            if name is None
            else "Only a site has a name."
        )
        raise Misused(msg)
    brake = what.value if name is None else f"{what}/{checked(name)}"
    with edges.transaction() as connection:
        if name is not None and not exists(connection, name):
            msg = f"No site has the name {name}."
            raise Problem(msg)
        if pulled is any(each["brake"] == brake for each in held(connection)):
            msg = f"{brake} is held already." if pulled else f"{brake} is not held."
            raise Problem(msg)
        (row,) = connection.execute(WORD, (brake, pulled, actor, reason)).fetchall()
    return row


def held(connection: Connection) -> list[Row]:
    """Return what is held now, since when, by whom and why."""
    return connection.execute(HELD).fetchall()


def sentences(rows: list[Row], now: datetime) -> Iterator[str]:
    """Yield a sentence for each thing that is held."""
    for row in rows:
        since = lasting((now - row["at"]).total_seconds())
        why = f": {plain(row['reason'])}" if row["reason"] else ""
        yield f"Held by hand for {since}, by {plain(row['actor'])}, {row['brake']}{why}."
