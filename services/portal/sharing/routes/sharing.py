"""Share a scan: what for, with whom, until when; and the link, shown once."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.credential import of_session
from services.portal.facts import Credential
from services.portal.page import edges_of, show, wording_of
from services.portal.pages import plain
from services.portal.reading import Hidden, Opened
from services.portal.sharing import grants, links
from services.portal.sharing.earlier import MOST, earlier
from services.portal.sharing.grants import Share, TooWide
from services.portal.sharing.ledger import Ledger
from services.portal.sharing.presets import DAYS, PRESETS, For
from services.portal.signin import buckets, contact
from services.portal.signin.buckets import Bucket
from services.portal.signin.contact import Contact
from services.portal.signin.entries import Actor
from services.portal.signin.visit import SignedIn, go
from shared import catalogue
from shared.access import Action, Because

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]
PATH = "/scans/{site}/{study_uid}/share"
SHARED_BY_PERSON = Bucket("shared-by-person", 30, 30 / 86_400)
OWNER = "SELECT person FROM access.claim WHERE record = %s AND ended_at IS NULL"


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says."""

    grant: UUID
    what_for: For
    with_earlier: bool
    address: str
    days: int | None
    keep: bool | None
    once: bool
    named: bool


def said(  # noqa: PLR0913, PLR0917  the fields of a form
    grant: Annotated[UUID, Form()],
    what_for: Annotated[For, Form()] = For.OPINION,
    earlier: Annotated[str, Form(max_length=3)] = "",
    address: Annotated[str, Form(max_length=320)] = "",
    days: Annotated[str, Form(max_length=3)] = "",
    actions: Annotated[str, Form(max_length=4)] = "",
    once: Annotated[str, Form(max_length=3)] = "",
    named: Annotated[str, Form(max_length=3)] = "",
) -> Said:
    """Read the form; what it does not offer is as if it had not been said."""
    return Said(
        grant=grant,
        what_for=what_for,
        with_earlier=bool(earlier),
        address=address.strip(),
        days=int(days) if days in map(str, DAYS) else None,
        keep={"look": False, "keep": True}.get(actions),
        once=bool(once),
        named=bool(named),
    )


@router.get(PATH)
def share(request: Request, credential: Session, site: str, study_uid: str) -> HTMLResponse:
    """Ask what for."""
    return form(request, credential, site, study_uid)


@router.post(PATH)
def made(  # noqa: PLR0913, PLR0917  what is shared, by whom, and how
    request: Request,
    credential: Session,
    session: SignedIn,
    site: str,
    study_uid: str,
    said: Annotated[Said, Depends(said)],
) -> Response:
    """Share it; the link is shown now, and never again."""
    edges, language = edges_of(request), wording_of(request).language
    letter = contact.read(said.address, edges.settings.phone_region) if said.address else None
    if said.address and letter is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return form(request, credential, site, study_uid, "address", status)
    with edges.database.transaction() as connection:
        few = buckets.poured(connection, SHARED_BY_PERSON, str(session.person))
    if not few:
        status = HTTPStatus.TOO_MANY_REQUESTS
        return form(request, credential, site, study_uid, "often", status)
    with edges.reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        wish = wished(opened, (site, study_uid), said, letter, language)
        ledger = Ledger(opened.connection, edges.reading.known)
        try:
            new = grants.share(ledger, wish, Actor(session.person, session.session))
        except TooWide:
            raise Hidden(Because.NOT_YOURS) from None
        if not new:
            return go(f"/shared/{said.grant}")
        secret = links.mint(opened.connection, said.grant, language)
    return shown(request, said.grant, secret, sent=letter is not None)


def wished(
    opened: Opened, study: tuple[str, str], said: Said, letter: Contact | None, language: str
) -> Share:
    """Return what is to be given; what was not said is as usual for what it is for."""
    usual = PRESETS[said.what_for]
    (owner,) = opened.connection.execute(OWNER, (opened.record,)).fetchall()
    patient: UUID = owner["person"]
    more = earlier(opened.connection, patient, study) if said.with_earlier else []
    return Share(
        grant=said.grant,
        patient=patient,
        studies=frozenset({study, *more}),
        purpose=usual.purpose,
        term=timedelta(days=said.days) if said.days else usual.term,
        keep=usual.keep if said.keep is None else said.keep,
        most_uses=1 if said.once else None,
        named=said.named,
        language=language,
        letter=letter,
    )


def shown(request: Request, grant: UUID, secret: str, *, sent: bool) -> HTMLResponse:
    """Return the page with a link that was minted just now."""
    portal = edges_of(request).settings.portal_url.rstrip("/")
    return show(
        request,
        "share-link.html",
        signed_in=True,
        link=f"{portal}/s#{secret}",
        short=f"{portal}/s",
        grant=grant,
        sent=sent,
    )


def form(  # noqa: PLR0913, PLR0917  what is shared, and what is wrong with it
    request: Request,
    credential: Credential,
    site: str,
    study_uid: str,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """Return the form, with a fresh identity for what is to be given."""
    wording = wording_of(request)
    with edges_of(request).reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        found = catalogue.study(opened.connection, site, study_uid)
        (owner,) = opened.connection.execute(OWNER, (opened.record,)).fetchall()
        more = earlier(opened.connection, owner["person"], (site, study_uid))
    if found is None:
        raise Hidden(Because.ABSENT)
    parts = [each.body_part for each in found.series if each.body_part]
    _ = wording.words.gettext
    return show(
        request,
        "share.html",
        status,
        signed_in=True,
        site=site,
        study_uid=study_uid,
        title=plain.title(found.study.modalities, parts, found.study.description, _),
        earlier=len(more),
        most=MOST,
        grant=uuid4(),
        days=DAYS,
        error=error,
    )
