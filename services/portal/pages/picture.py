"""One picture to keep: as a JPEG, with the patient's name on it or without."""

from typing import Annotated
from urllib.parse import urlencode

from babel.dates import format_date
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of, show, wording_of
from services.portal.pages import listing, viewer
from services.portal.reading import Hidden
from shared import catalogue
from shared.access import Action, Because

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]

WHO = "SELECT name, birth_date FROM catalogue.contact WHERE record = %s"


@router.get("/scans/{site}/{study_uid}/picture")
def picture(  # noqa: PLR0913, PLR0917  each is one thing an address may say
    request: Request,
    credential: Session,
    site: str,
    study_uid: str,
    series: Annotated[str, Query(max_length=64)] = "",
    n: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> HTMLResponse:
    """Show one picture of a series, and let it be saved; the middle one where none is named."""
    wording, reading = wording_of(request), edges_of(request).reading
    with reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        found = catalogue.study(opened.connection, site, study_uid)
        who = opened.connection.execute(WHO, (opened.record,)).fetchone() or {}
    with reading.visible(credential) as visible:
        scans = listing.scans(visible, [found.study] if found else [], wording)
    parts = [each for each in found.series if viewer.pictures(each)] if found else []
    if not scans or not parts:
        raise Hidden(Because.ABSENT)
    chosen = next((each for each in parts if each.series_uid == series), parts[0])
    shown = viewer.picture(chosen, n)
    place = f"studies/{study_uid}/series/{shown.series_uid}/instances/{shown.sop_uid}"
    born = who.get("birth_date")
    told = [
        who.get("name") or "",
        format_date(born, "long", locale=wording.language) if born else "",
    ]
    return show(
        request,
        "picture.html",
        signed_in=True,
        here="/scans",
        scan=scans[0],
        shown=shown,
        address=f"/dicomweb/{site}/{place}/frames/{shown.frame}/rendered?accept=image/jpeg",
        near={step: near(shown, step) for step in (-1, 1)},
        name=", ".join(filter(None, told)),
        source=", ".join(filter(None, (scans[0].title, scans[0].hospital, scans[0].day))),
    )


def near(shown: viewer.Shown, step: int) -> str:
    """Return the query of the next picture, or of the one before; empty where there is none."""
    number = shown.n + step
    return urlencode({"series": shown.series_uid, "n": number}) if 1 <= number <= shown.m else ""
