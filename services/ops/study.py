"""`scanpass find` and `study show`: what the catalogue knows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table

from services.ops import edges
from services.ops.ends import Misused, Problem
from services.ops.queries import things
from services.ops.screen import Json, table, tell
from services.ops.trace import dead_letters, drawn, stories
from shared import catalogue
from shared.catalogue import StudyPicture, StudyRow

app = typer.Typer(help="One study.")
TITLES = (
    *("reference", "site", "date", "patient", "patient id", "accession", "modalities"),
    *("description", "instances", "state"),
)


def find(  # noqa: PLR0913  a command's options are its arguments
    words: Annotated[
        list[str] | None, typer.Argument(help="Beginnings of words, any order.")
    ] = None,
    *,
    site: Annotated[str | None, typer.Option(help="Of one site.")] = None,
    patient_id: Annotated[str | None, typer.Option(help="Exactly.")] = None,
    accession: Annotated[str | None, typer.Option(help="Exactly.")] = None,
    modality: Annotated[str | None, typer.Option(help="As in CT, MR.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Day, 2026-01-31.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Day, that day included.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Find studies, the newest first; exit code 1 where there is none."""
    with edges.transaction() as connection:
        found = catalogue.find(
            connection,
            " ".join(words or []),
            site=site,
            patient_id=patient_id,
            accession=accession,
            modality=modality,
            dates=(day(first), day(last)),
            limit=limit,
        )
    if not found and not as_json:
        msg = "No study is found."
        raise Problem(msg)
    drawn_table = table(TITLES, [line(row) for row in found])
    tell({"studies": [asdict(row) for row in found]}, [drawn_table], as_json=as_json)
    if not found:
        raise typer.Exit(1)


@app.command("show")
def show(
    ref: Annotated[str, typer.Argument(help="Study UID, reference or accession number.")],
    *,
    site: Annotated[str | None, typer.Option(help="Of one site.")] = None,
    as_json: Json = False,
) -> None:
    """Show a study: whose, what is in it, and its life."""
    letters, silent = dead_letters()
    with edges.snapshot() as connection:
        wanted = dict.fromkeys(
            (thing.site, thing.study_uid)
            for thing in things(connection, ref)
            if thing.study_uid and site in {None, thing.site}
        )
        pictures = filter(None, [catalogue.study(connection, at, uid) for at, uid in wanted])
        known = [
            (picture, stories(connection, picture.study.study_uid, letters, picture.study.site))
            for picture in pictures
        ]
    documents: list[dict[str, Any]] = []
    people: list[Table | str] = []
    for picture, told in known:
        moments = [moment for story in told if story.thing.study_uid for moment in story.moments]
        counted = {"received": received(picture)}
        documents.append(
            {**asdict(picture), **counted, "life": [asdict(moment) for moment in moments]}
        )
        people += [*described(picture), "", drawn(moments), ""]
    if not documents:
        msg = f"No study is known by {ref}."
        raise Problem(msg)
    note = "ok" if silent is None else silent.sentence
    tell({"studies": documents, "dead_letters": note}, people, as_json=as_json)


def day(said: str | None) -> date | None:
    """Return a day.

    Raises:
        Misused: it is none.

    """
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        msg = f"{said} is no day: write 2026-01-31."
        raise Misused(msg) from None


def line(row: StudyRow) -> tuple[object, ...]:
    """Return one line of a search's result."""
    return (
        row.reference,
        row.site,
        row.study_date if row.studied_at is None else f"{row.studied_at:%Y-%m-%d %H:%M}",
        row.patient_name,
        row.patient_id,
        row.accession_number,
        " ".join(row.modalities),
        row.description,
        row.instance_count,
        row.state,
    )


def described(picture: StudyPicture) -> list[Table | str]:
    """Return a study as two tables: itself, and its series."""
    own = [
        (name, value) for name, value in asdict(picture.study).items() if value not in (None, ())
    ]
    if picture.study.expected is not None:
        own.append(("received", f"{received(picture)} of {picture.study.expected} expected"))
    series = [
        (
            each.series_number,
            each.modality,
            each.description,
            each.instance_count,
            counted(content.standing for content in each.contents),
            counted(mark for content in each.contents for mark in content.marks),
            each.series_uid,
        )
        for each in picture.series
    ]
    titles = ("series", "modality", "description", "instances", "contents", "marks", "series uid")
    return [table(("study", ""), own), "", table(titles, series)]


def received(picture: StudyPicture) -> int:
    """Return how many SOP instances have come, those kept aside for a human too."""
    return len({content.sop_uid for series in picture.series for content in series.contents})


def counted(codes: Iterable[str]) -> str:
    """Return how many there are of each: `20 presented, 1 conflicting`."""
    return ", ".join(f"{count} {code}" for code, count in Counter(codes).items())
