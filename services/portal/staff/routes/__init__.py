"""The pages of staff."""

from fastapi import APIRouter

from services.portal.staff.routes import reading, requests, signin

router = APIRouter()
for each in (signin, reading, requests):
    router.include_router(each.router)

__all__ = ["router"]
