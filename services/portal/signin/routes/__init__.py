"""The pages of claim, sign-in, helpers and settings."""

from fastapi import APIRouter

from services.portal.signin.routes import claim, welcome

router = APIRouter()
for each in (welcome, claim):
    router.include_router(each.router)

__all__ = ["router"]
