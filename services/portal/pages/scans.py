"""My scans, and one scan."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.portal.bring import owning, uploads
from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of, show, wording_of
from services.portal.pages import listing, plain
from services.portal.pages.viewings import view
from services.portal.reading import Hidden
from services.portal.sharing import answered, answers
from services.portal.signin import ceremony, passkeys
from services.portal.take.offers import large, many, offers
from shared import catalogue
from shared.access import Action, Because
from shared.catalogue import SeriesRow
from shared.db import Row
from shared.wording import Wording

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]
LONGEST = 200  # characters of a search

SITE = "SELECT title, logo, logo_type, help_phone, help_hours FROM sites.site WHERE site = %s"


@router.get("/scans")
def scans(  # noqa: PLR0913, PLR0917  each is one thing an address may say
    request: Request,
    credential: Session,
    q: Annotated[str, Query(max_length=LONGEST)] = "",
    day: Annotated[str | None, Query(max_length=10)] = None,
    site: Annotated[str | None, Query(max_length=31)] = None,
    study: Annotated[str | None, Query(max_length=64)] = None,
) -> HTMLResponse:
    """Show what was received of all the person's hospitals, the newest first."""
    wording = wording_of(request)
    said = " ".join(q.replace("\0", " ").split())
    after = listing.position(day, site, study)
    with edges_of(request).reading.visible(credential) as visible:
        found = listing.listed(visible, said, after, wording)
        offered = [] if said or after else offers(visible, wording)
        me = visible.reader.person
        possible = ceremony.party(edges_of(request).settings.portal_url) is not None
        people = uploads.people(visible)
        questions = bool(owning.asked(visible.connection, people))
        offered_key = possible and me is not None and passkeys.offered(visible.connection, me)
    older = urlencode({"q": said} | listing.place(found.last)) if found.last else ""
    return show(
        request,
        "scans.html",
        signed_in=True,
        scans=found.scans,
        said=said,
        understood=found.understood,
        after=older,
        offers=offered,
        passkey_offered=offered_key,
        bring=bool(people),
        questions=questions,
    )


@router.get("/scans/{site}/{study_uid}")
def scan(request: Request, credential: Session, site: str, study_uid: str) -> HTMLResponse:
    """Show one scan: what it is, what was received, and its pictures."""
    wording, reading = wording_of(request), edges_of(request).reading
    with reading.opened(credential, Action.LIST, site, study_uid) as opened:
        row = catalogue.study(opened.connection, site, study_uid)
        (hospital,) = opened.connection.execute(SITE, (site,)).fetchall()
    with reading.visible(credential) as visible:
        rows = [row.study] if row else []
        shown = listing.scans(visible, rows, wording)
        said = answers.of_studies(visible.connection, {(site, study_uid)})
    if not shown or row is None:
        raise Hidden(Because.ABSENT)
    kept = [one.size for each in row.series for one in each.contents if one.standing == "presented"]
    return show(
        request,
        "scan.html",
        signed_in=True,
        scan=shown[0],
        pictures=[picture(series, wording) for series in row.series if series.instance_count],
        answers=[] if shown[0].waits else [answered.in_words(each, wording) for each in said],
        whole=row.study.state == "available" and not shown[0].waits,
        files=many(len(kept), wording),
        size=large(sum(kept), wording.language),
        logo=hospital["logo"] is not None,
        phone=hospital["help_phone"],
        dial="".join(each for each in hospital["help_phone"] if each in "+0123456789"),
        hours=hospital["help_hours"],
    )


def picture(series: SeriesRow, wording: Wording) -> Row:
    """Return a series as its tile shows it."""
    _, n_ = wording.words.gettext, wording.words.ngettext
    kind = plain.title([series.modality or ""], [], None, _)
    count = sum(each.frames or 1 for each in series.contents if each.standing == "presented")
    return {
        "series_uid": series.series_uid,
        "kind": kind,
        "title": series.description or kind,
        "count": n_("%(count)s picture", "%(count)s pictures", count) % {"count": count},
        "shown": any(each.frames for each in series.contents),
    }


@router.post("/scans/{site}/{study_uid}/look")
def look(request: Request, credential: Session, site: str, study_uid: str) -> Response:
    """Open the viewer: on its own origin, by an address that works for this session only."""
    edges = edges_of(request)
    with edges.reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        token = view(opened, edges.settings.viewing_hours, wording_of(request).language)
    address = f"{edges.settings.viewer_url}/v/{token}/{site}/{study_uid}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


@router.get("/sites/{site}/logo")
def logo(request: Request, site: str) -> Response:
    """Show a hospital's logo: public, as on its letters."""
    with edges_of(request).database.transaction() as connection:
        row = connection.execute(SITE, (site,)).fetchone()
    if row is None or row["logo"] is None:
        raise Hidden(Because.ABSENT)
    return Response(bytes(row["logo"]), media_type=row["logo_type"])
