"""Signing in by a national or hospital identity: any OpenID Connect provider, by configuration."""

from services.portal.signin.identity.provider import Provider
from services.portal.signin.identity.token import Refused

__all__ = ["Provider", "Refused"]
