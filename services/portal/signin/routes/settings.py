"""Settings: devices, language, how I am reached, and what is not mine."""

from datetime import datetime
from uuid import UUID

from babel import Locale
from babel.dates import format_date
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.page import N_, edges_of, show, wording_of
from services.portal.signin import (
    ceremony,
    claims,
    guarding,
    passkeys,
    people,
    sessions,
    wishing,
)
from services.portal.signin.entries import Actor
from services.portal.signin.identity import bindings
from services.portal.signin.visit import SignedIn, go
from shared.db import Row
from shared.events import Wish

router = APIRouter()
WISHES = {
    Wish.AT_ONCE: N_("At once"),
    Wish.WITH_REPORT: N_("Together with the report"),
    Wish.AFTER_CALL: N_("After my doctor has called"),
}


@router.get("/settings")
def settings(request: Request, session: SignedIn) -> HTMLResponse:
    """Show all of it."""
    edges, language = edges_of(request), wording_of(request).language
    with edges.database.transaction() as connection:
        devices = sessions.devices(connection, session.person)
        contacts = people.contacts(connection, session.person)
        identities = bindings.listed(connection, session.person, edges.settings.identity_issuer)
        keys = passkeys.listed(connection, session.person)
        records = claims.records(connection, session.person)
        wards = guarding.wards(connection, session.person)
        wish = wishing.newest(connection, session.person) or Wish.AT_ONCE
    return show(
        request,
        "settings.html",
        signed_in=True,
        name=session.name,
        devices=[device(row, session.session, language) for row in devices],
        contacts=contacts,
        provider=edges.settings.identity_name,
        identities=[
            {"identity": row["identity"], "made": day(row["made_at"], language)}
            for row in identities
        ],
        passkeys=[passkey(row, language) for row in keys],
        passkeys_possible=ceremony.party(edges.settings.portal_url) is not None,
        records=records,
        wards=[{"person": row["person"], "name": row["name"] or "?"} for row in wards],
        wish=wording_of(request).words.gettext(WISHES[wish]),
        tongues=[(each, Locale(each).get_display_name(each)) for each in sorted(edges.wordings)],
    )


@router.post("/settings/devices/{device}/end")
def end_device(request: Request, session: SignedIn, device: UUID) -> Response:
    """Sign out on another device."""
    with edges_of(request).database.transaction() as connection:
        sessions.end(connection, session.person, device)
    return go("/settings")


@router.post("/settings/devices/end-others")
def end_others(request: Request, session: SignedIn) -> Response:
    """Sign out everywhere but here."""
    with edges_of(request).database.transaction() as connection:
        sessions.end_others(connection, session)
    return go("/settings")


@router.post("/settings/records/{claim}/end")
def unclaim(request: Request, session: SignedIn, claim: UUID) -> Response:
    """Give back what is somebody else's."""
    with edges_of(request).database.transaction() as connection:
        claims.unclaim(connection, claim, Actor(session.person, session.session))
    return go("/settings")


def device(row: Row, here: UUID, language: str) -> dict[str, object]:
    """Return one device as the page shows it."""
    return {
        "session": row["session"],
        "browser": row["browser"],
        "here": row["session"] == here,
        "opened": day(row["opened_at"], language),
        "seen": day(row["seen_at"], language),
    }


def passkey(row: Row, language: str) -> dict[str, object]:
    """Return one passkey as the page shows it."""
    return {
        "passkey": row["passkey"],
        "browser": row["browser"],
        "made": day(row["made_at"], language),
        "used": day(row["used_at"], language) if row["used_at"] else "",
    }


def day(when: datetime, language: str) -> str:
    """Return the day of `when`, as people write it."""
    return format_date(when, "long", locale=language)
