"""The portal with one known fault built in: `python -m tests.authz.planted NAME`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from fastapi import Request

from services.portal import __main__ as portal
from services.portal import facts, reading
from services.portal.dicomweb import finding, instances, metadata, retrieval, searching, whole
from services.portal.dicomweb.place import Place
from services.portal.facts import Credential
from services.portal.page import edges_of
from shared.access import Action, Scope, policy

OPENED = finding.opened
GRANT_OF = facts.grant_of
SEVERAL = instances.SEVERAL
OTHER = "SELECT site FROM catalogue.study WHERE study_uid = %s AND site <> %s"


def unchecked_route() -> None:
    """Let metadata be read by whoever asks."""

    @contextmanager
    def opened(request: Request, _credential: Credential, place: Place) -> Iterator[Any]:
        with edges_of(request).database.transaction() as connection:
            names = {"site": place.root, "study": place.study, "series": place.series}
            yield SimpleNamespace(connection=connection), {**names, "sop": place.sop}

    vars(metadata)["opened"] = opened


def stale_cache() -> None:
    """Remember who was who, past their session and their rights."""
    known: dict[Any, Any] = {}
    ask = facts.asked

    def asked(connection: Any, *what: Any) -> Any:  # noqa: ANN401  as it is called
        found = ask(connection, *what)
        if not found[0].nobody and found[1].owner is not None:
            known.setdefault(what, found)
        return known.get(what, found)

    vars(reading)["asked"] = asked


def scope_forgotten() -> None:
    """Give the bearer of one share all that its giver has."""
    vars(facts)["grant_of"] = lambda row, study: replace(
        GRANT_OF(row, study), scope=Scope(everything=True)
    )


def withdrawal_forgotten() -> None:
    """Let a grant that was taken back go on until its term is over."""
    vars(facts)["grant_of"] = lambda row, study: replace(GRANT_OF(row, study), ended=None)


def grantee_forgotten() -> None:
    """Let any staff read what a patient has given to one hospital, or one person."""
    vars(policy)["meant"] = lambda _grant, _reader: True


def wrong_site() -> None:
    """Look for what was allowed at one site among another's under the same UIDs."""

    @contextmanager
    def opened(
        request: Request, credential: Credential, place: Place, action: Action = Action.LOOK
    ) -> Iterator[Any]:
        with OPENED(request, credential, place, action) as (allowed, names):
            row = allowed.connection.execute(OTHER, (names["study"], names["site"])).fetchone()
            yield allowed, {**names, "site": row["site"] if row else names["site"]}

    for module in (finding, metadata, retrieval, searching, whole):
        vars(module)["opened"] = opened
    anywhere = SEVERAL.replace("c.site = %(site)s AND ", "")  # the last one found is served
    vars(instances)["SEVERAL"] = f"{anywhere} ORDER BY c.site = %(site)s DESC"


PLANTS = {
    "unchecked-route": unchecked_route,
    "stale-cache": stale_cache,
    "wrong-site": wrong_site,
    "scope-forgotten": scope_forgotten,
    "withdrawal-forgotten": withdrawal_forgotten,
    "grantee-forgotten": grantee_forgotten,
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        PLANTS[sys.argv[1]]()
    sys.exit(portal.main())
