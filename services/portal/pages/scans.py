"""My scans, one scan, and who looked."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.portal.credential import of_session
from services.portal.page import edges_of, show
from services.portal.reading import Credential

router = APIRouter()
Session = Annotated[Credential, Depends(of_session)]


@router.get("/scans")
def scans(request: Request, credential: Session) -> HTMLResponse:
    """Show what was received of all the person's hospitals."""
    with edges_of(request).reading.visible(credential) as visible:
        records = len(visible.records)
    return show(request, "scans.html", signed_in=True, records=records)
