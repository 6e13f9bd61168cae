"""The pages of claim, sign-in, helpers and settings."""

from fastapi import APIRouter

from services.portal.signin.routes import (
    claim,
    helping,
    identity,
    passkeys,
    reaching,
    settings,
    signin,
    welcome,
    wish,
)

router = APIRouter()
for each in (welcome, claim, reaching, wish, signin, passkeys, identity, helping, settings):
    router.include_router(each.router)

__all__ = ["router"]
