"""The viewer's page, on its own origin: drawn by the server, and whole without a script."""

from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal.credential import of_viewing
from services.portal.facts import Credential
from services.portal.page import edges_of, show
from services.portal.pages import ohif, plain, viewings
from services.portal.pages.viewings import language_of
from services.portal.reading import Hidden
from shared import catalogue
from shared.access import Action, Because
from shared.catalogue import ContentRow, SeriesRow, StudyPicture
from shared.db import Row
from shared.wording import Wording, chosen

router = APIRouter()
Viewing = Annotated[Credential, Depends(of_viewing)]

WHO = """
    SELECT contact.name, contact.birth_date, site.site, site.title
    FROM catalogue.contact JOIN sites.site USING (site) WHERE record = %s
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Which picture is drawn: `n` of `m` of its series, as frame `frame` of an instance."""

    series_uid: str
    sop_uid: str
    frame: int  # from 1
    n: int
    m: int


@router.get("/v/{viewing}/{site}/{study_uid}")
def viewer(  # noqa: PLR0913, PLR0917  each is one thing an address may say
    request: Request,
    credential: Viewing,
    viewing: str,
    site: str,
    study_uid: str,
    series: Annotated[str | None, Query(max_length=64)] = None,
    n: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    rendered: Annotated[int, Query(ge=0, le=1)] = 0,
) -> HTMLResponse:
    """Show a study's pictures, whose they are, and by which hospital and when they were made."""
    edges = edges_of(request)
    with edges.reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        found = catalogue.study(opened.connection, site, study_uid)
        (who,) = opened.connection.execute(WHO, (opened.record,)).fetchall()
        wording = chosen(edges.wordings, language_of(opened.connection, credential))
        sound = ohif.sound(opened.connection, site, study_uid)
        guest = opened.reader.guest is not None
    if found is None:
        raise Hidden(Because.ABSENT)
    parts = [each for each in found.series if pictures(each)]
    wished = next((each for each in parts if each.series_uid == series), None)
    return show(
        request,
        "viewer.html",
        wording=wording,
        direction="ltr",
        static="/static/viewer",
        back=f"/v/{viewing}" if guest else f"{edges.settings.portal_url}/scans/{site}/{study_uid}",
        guest=guest,
        dicomweb=f"/v/{viewing}/dicomweb/{site}",
        mine=f"/v/{viewing}/dicomweb/me",
        here=viewings.HERE.format(viewing=viewing),
        ohif=ohif.address(viewing, site, study_uid, wording) if sound else "",
        rendered=bool(rendered),
        study_uid=study_uid,
        series=[part(each, wording) for each in parts],
        shown=picture(wished or parts[0], n if wished else None) if parts else None,
        **bar(found, who, wording),
    )


def bar(found: StudyPicture, who: Row, wording: Wording) -> dict[str, Any]:
    """Return what the bar says, that never scrolls away."""
    study, language = found.study, wording.language
    body_parts = [each.body_part for each in found.series if each.body_part]
    born = who["birth_date"]
    return {
        "patient": who["name"] or "",
        "birth_date": format_date(born, "long", locale=language) if born else "",
        "hospital": plain.sender(who["site"], who["title"], wording.words.gettext),
        "date": format_date(study.study_date, "long", locale=language) if study.study_date else "",
        "description": plain.title(
            study.modalities, body_parts, study.description, wording.words.gettext
        ),
    }


def part(series: SeriesRow, wording: Wording) -> dict[str, Any]:
    """Return a series as the chooser shows it."""
    shown = pictures(series)
    title = series.description or plain.title(
        [series.modality or ""], [], None, wording.words.gettext
    )
    return {
        "uid": series.series_uid,
        "title": title,
        "count": sum(each.frames or 1 for each in shown),
        "bytes": sum(each.served_size or each.size for each in shown),
    }


def pictures(series: SeriesRow) -> list[ContentRow]:
    """Return the presented instances that have pictures."""
    return [each for each in series.contents if each.standing == "presented" and each.frames]


def picture(series: SeriesRow, n: int | None) -> Shown:
    """Return picture `n` of a series, from 1; the last where there are fewer.

    Without `n` it is the middle one: where a scan begins there is often nothing to be seen.
    """
    frames = list(
        chain.from_iterable(
            ((each.sop_uid, number) for number in range(1, (each.frames or 1) + 1))
            for each in pictures(series)
        )
    )
    place = min(n or (len(frames) + 1) // 2, len(frames))
    sop_uid, frame = frames[place - 1]
    return Shown(series.series_uid, sop_uid, frame, place, len(frames))
