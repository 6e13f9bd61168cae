"""What a guest sees first, on the viewer's origin: the scans that are shared with them."""

from typing import Annotated
from uuid import uuid4

from babel.dates import format_date
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal import headers
from services.portal.credential import of_viewing
from services.portal.facts import Credential
from services.portal.page import edges_of, show
from services.portal.pages import plain
from services.portal.pages.viewings import language_of
from services.portal.reading import Hidden
from services.portal.sharing import answers, asking, links, overview, pdf
from services.portal.sharing.asking import WORDS as LONGEST
from services.portal.sharing.presets import DAYS
from shared.access import Because
from shared.db import Row
from shared.wording import Wording, chosen

router = APIRouter()
Viewing = Annotated[Credential, Depends(of_viewing)]
# Only this page of the viewer's origin has forms.
WITH_FORMS = headers.VIEWER.replace("form-action 'none'", "form-action 'self'")
GRANT = """
    SELECT g.kind, g.keep, g.ends_at, g.named, p.name
    FROM access.grants AS g JOIN access.person AS p USING (person) WHERE grant_id = %s
"""


@router.get("/v/{viewing}")
def shown(
    request: Request,
    credential: Viewing,
    viewing: str,
    answered: Annotated[str, Query(max_length=5)] = "",
) -> HTMLResponse:
    """Show what is shared, and how to take it along where that was given too."""
    edges = edges_of(request)
    with edges.reading.listed(credential) as visible:
        if visible.grant is None:
            raise Hidden(Because.ABSENT)
        (grant,) = visible.connection.execute(GRANT, (visible.grant,)).fetchall()
        rows = overview.scans(visible.connection, visible.grant)
        guest = visible.reader.guest
        asked = asking.of_guest(visible.connection, guest) if guest else None
        wording = chosen(edges.wordings, language_of(visible.connection, credential))
    ends = grant["ends_at"]
    client = links.client_of(viewing, edges.settings.code_key.get_secret_value())
    address = f"{edges.settings.viewer_url}/v/{client}/dicomweb/me" if grant["keep"] else ""
    page = show(
        request,
        "guest-shown.html",
        wording=wording,
        longer=grant["kind"] == "share",
        asked=asked,
        days=DAYS,
        most=LONGEST,
        answer=uuid4(),
        answered=answered,
        most_words=answers.WORDS,
        largest=pdf.LARGEST >> 20,
        who=(grant["name"] or "") if grant["named"] else "",
        until=format_date(ends, "long", locale=wording.language) if ends else "",
        viewing=viewing,
        scans=[scan(row, wording) for row in rows],
        client=address,
    )
    page.headers["content-security-policy"] = WITH_FORMS
    return page


def scan(row: Row, wording: Wording) -> dict[str, str]:
    """Return one scan, with the line that fits into a chart."""
    _ = wording.words.gettext
    title = plain.title(row["modalities"], row["body_parts"], row["description"], _)
    date = row["study_date"]
    day = format_date(date, "long", locale=wording.language) if date else ""
    count = wording.words.ngettext("%(count)s image", "%(count)s images", row["instance_count"])
    hospital = plain.sender(row["site"], row["hospital"], _)
    told = [title, day, hospital, count % {"count": row["instance_count"]}]
    return {
        "site": row["site"],
        "study_uid": row["study_uid"],
        "title": title,
        "hospital": hospital,
        "day": day,
        "chart": ", ".join(filter(None, told)) + f" (Scanpass {row['reference']})",
    }
