"""The pages of shares and consents; `shown` lives on the viewer's origin."""

from fastapi import APIRouter

from services.portal.sharing.routes import (
    addresses,
    answers,
    consents,
    given,
    guest,
    requests,
    sharing,
)

router = APIRouter()
for each in (sharing, given, consents, requests, addresses, answers, guest):
    router.include_router(each.router)

__all__ = ["router"]
