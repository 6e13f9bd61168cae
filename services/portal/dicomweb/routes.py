"""DICOMweb (PS3.18), read only.

One router, mounted twice: under `/dicomweb/{root}` for who has a session, and under
`/v/{viewing}/dicomweb/{root}` for a viewer, which has no cookie.
"""

from fastapi import APIRouter

from services.portal.dicomweb import gathered, metadata, retrieval, searching, whole

__all__ = ["router"]

router = APIRouter()
for each in (searching, metadata, retrieval, whole, gathered):
    router.include_router(each.router)
