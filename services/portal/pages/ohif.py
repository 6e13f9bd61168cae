"""OHIF, a viewer made for doctors: on the viewer's origin, and by a viewing as well."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.portal import headers
from services.portal.credential import of_viewing
from services.portal.facts import Credential
from services.portal.page import edges_of, show
from services.portal.pages import viewings
from services.portal.pages.viewings import language_of
from services.portal.reading import Hidden
from shared.access import Action, Because
from shared.catalogue.served import unpacked
from shared.db import Connection
from shared.wording import Wording, chosen

router = APIRouter()
Viewing = Annotated[Credential, Depends(of_viewing)]

# One header of each series, and how its pictures are served: instances of a series are alike.
FIRST = """
    SELECT DISTINCT ON (c.series_uid) c.header, c.transfer_syntax_uid, t.outcome
    FROM catalogue.content AS c LEFT JOIN catalogue.settlement AS t USING (site, sop_uid, sha256)
    WHERE c.site = %s AND c.study_uid = %s AND c.standing = 'presented'
    ORDER BY c.series_uid, c.instance_number NULLS LAST, c.sop_uid
"""
SAMPLES, PHOTOMETRIC, BY_PLANE, BITS, SIGNED = (
    *("00280002", "00280004", "00280006", "00280100", "00280103"),
)
TURNED = {"YBR_RCT", "YBR_ICT"}
JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51)}
JPEG_2000 = {f"1.2.840.10008.1.2.4.{n}" for n in (90, 91)}


@router.get("/v/{viewing}/{site}/{study_uid}/viewer")
def viewer(
    request: Request, credential: Viewing, viewing: str, site: str, study_uid: str
) -> HTMLResponse:
    """Show OHIF, which then asks for what it shows."""
    edges = edges_of(request)
    with edges.reading.opened(credential, Action.LOOK, site, study_uid) as opened:
        wording = chosen(edges.wordings, language_of(opened.connection, credential))
        shown = sound(opened.connection, site, study_uid)
    if not shown:
        raise Hidden(Because.ABSENT)
    page = show(
        request,
        "ohif.html",
        wording=wording,
        static="/static/ohif",
        above=f"/v/{viewing}/{site}/{study_uid}",
        dicomweb=f"/v/{viewing}/dicomweb/{site}",
        here=viewings.HERE.format(viewing=viewing),
    )
    page.headers["content-security-policy"] = headers.OHIF
    return page


def address(viewing: str, site: str, study_uid: str, wording: Wording) -> str:
    """Return where OHIF shows a study; it reads study and language out of the query."""
    told = urlencode({"StudyInstanceUIDs": study_uid, "lng": wording.language})
    return f"/v/{viewing}/{site}/{study_uid}/viewer?{told}"


def sound(connection: Connection, site: str, study_uid: str) -> bool:
    """Say whether OHIF shows every series of a study as it is."""
    rows = connection.execute(FIRST, (site, study_uid)).fetchall()
    return all(
        right(
            json.loads(unpacked(row["header"])),
            row["transfer_syntax_uid"],
            transcoded=row["outcome"] == "transcoded",
        )
        for row in rows
    )


def right(header: Mapping[str, Any], syntax: str, *, transcoded: bool) -> bool:
    """Say whether it shows a picture as it is: of colours, those that were seen to be right.

    `header` is DICOM JSON, `syntax` that of the original; a fast copy is HTJ2K. docs/viewer.md
    tells what is wrong otherwise.
    """
    colours, eight = first(header, PHOTOMETRIC) or "", first(header, BITS) == 8  # noqa: PLR2004
    if (first(header, SAMPLES) or 1) == 1:
        return not (eight and first(header, SIGNED) and (transcoded or syntax in JPEG_2000))
    if transcoded:
        return eight and colours in {"RGB", *TURNED} and not first(header, BY_PLANE)
    if syntax in JPEG_2000:
        return eight and colours in TURNED
    return eight and syntax in JPEG and colours.startswith("YBR")


def first(header: Mapping[str, Any], tag: str) -> Any:  # noqa: ANN401  as DICOM JSON has it
    """Return the first value of an attribute, or None."""
    return next(iter(header.get(tag, {}).get("Value", ())), None)
