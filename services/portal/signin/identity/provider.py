"""The provider of identities: where it sends people, and what it says of who comes back."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self, TypeAlias
from urllib.parse import quote_plus, urlencode, urlsplit

import urllib3

from services.portal.settings import Settings
from services.portal.signin.identity import token
from services.portal.signin.identity.token import Refused, UnknownKey
from shared.errors import EdgeDown

Json: TypeAlias = Mapping[str, Any]

EDGE = "identity"
BACK = "/identity/back"
STAFF_BACK = "/staff/back"
DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery §4
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TRUSTED = 3600.0  # seconds that what it told of itself is believed
LARGEST = 1 << 20  # bytes of an answer
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
OK, BAD_REQUEST, SERVER_FAULT = 200, 400, 500
LOOPBACK = {"localhost", "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider told of itself, and until when it is believed."""

    metadata: Json
    keys: list[Json]
    until: float


class Provider:
    """One OpenID Connect provider, asked by authorization code with PKCE; safe between threads."""

    def __init__(
        self, issuer: str, client: str, secret: str, back: str, scope: str = "openid"
    ) -> None:
        """Ask nothing yet; `back` is where people come back to."""
        self.issuer, self._scope = issuer, scope
        self._client, self._secret, self._back = client, secret, back
        self._told: Told | None = None
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False
        )

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the one that is configured, if any."""
        if not settings.identity_issuer:
            return None
        secret = settings.identity_secret.get_secret_value()
        back = f"{settings.portal_url}{BACK}"
        return cls(settings.identity_issuer, settings.identity_client, secret, back)

    @classmethod
    def of_staff(cls, settings: Settings) -> Self | None:
        """Return the one by which staff sign in, if any: it says their names and groups too."""
        if not settings.staff_issuer:
            return None
        secret = settings.staff_secret.get_secret_value()
        back = f"{settings.portal_url}{STAFF_BACK}"
        told = (settings.staff_issuer, settings.staff_client, secret, back)
        return cls(*told, scope=settings.staff_scope)

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Return where to send somebody to say who they are (RFC 6749 §4.1.1, RFC 7636 §4.3).

        Raises:
            EdgeDown: the provider does not answer.

        """
        digest = sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "scope": self._scope,
            "client_id": self._client,
            "redirect_uri": self._back,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        place = str(self.told().metadata["authorization_endpoint"])
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def came(self, issuer: str) -> None:
        """See that an answer is this provider's, where it says whose it is (RFC 9207 §2.4).

        Raises:
            Refused: it is another's, or does not say although it always does.
            EdgeDown: the provider does not answer.

        """
        says = self.told().metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != self.issuer and (issuer or says):
            raise Refused

    def subject(self, code: str, nonce: str, verifier: str) -> str:
        """Return who came back with `code`, as the provider names them; raises as `claims`."""
        return str(self.claims(code, nonce, verifier)["sub"])

    def claims(self, code: str, nonce: str, verifier: str) -> Json:
        """Return what the provider says of who came back with `code`.

        Raises:
            Refused: the code is none, or another's, or the token does not hold.
            EdgeDown: the provider does not answer.

        """
        found = self._exchanged(code, verifier)
        try:
            return self._held(found, nonce)
        except UnknownKey:
            self._told = None  # it may have new keys
            return self._held(found, nonce)

    def told(self) -> Told:
        """Return what the provider tells of itself.

        Raises:
            EdgeDown: it does not answer, or it tells nonsense.

        """
        told = self._told
        if told is not None and time.monotonic() < told.until:
            return told
        metadata = self._read(self.issuer.rstrip("/") + DISCOVERY)
        if metadata.get("issuer") != self.issuer:
            raise EdgeDown(EDGE)
        if not all(self._sound(metadata.get(each)) for each in ENDPOINTS):
            raise EdgeDown(EDGE)
        keys = self._read(metadata["jwks_uri"]).get("keys")
        if not isinstance(keys, list) or not all(isinstance(each, dict) for each in keys):
            raise EdgeDown(EDGE)
        self._told = Told(metadata, keys, time.monotonic() + TRUSTED)
        return self._told

    def _held(self, found: str, nonce: str) -> Json:
        return token.held(
            found,
            self.told().keys,
            issuer=self.issuer,
            client=self._client,
            nonce=nonce,
            now=time.time(),
        )

    def _exchanged(self, code: str, verifier: str) -> str:
        """Return the ID token for a code (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if self._secret:  # RFC 6749 §2.3.1
            pair = f"{quote_plus(self._client)}:{quote_plus(self._secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            asked["client_id"] = self._client
        place = self.told().metadata["token_endpoint"]
        found = self._json("POST", place, headers, urlencode(asked)).get("id_token")
        if not isinstance(found, str):
            raise Refused
        return found

    def _read(self, url: str) -> Json:
        try:
            return self._json("GET", url, {}, None)
        except Refused as error:
            raise EdgeDown(EDGE) from error

    def _json(self, method: str, url: str, headers: dict[str, str], body: str | None) -> Json:
        """Return what one request answers; follows nothing, and reads no more than `LARGEST`."""
        headers = {"accept": "application/json", **headers}
        try:
            answer = self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
            try:
                octets = answer.read(LARGEST + 1)
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise EdgeDown(EDGE) from error
        if BAD_REQUEST <= answer.status < SERVER_FAULT:
            raise Refused
        if answer.status != OK or len(octets) > LARGEST:
            raise EdgeDown(EDGE)
        try:
            found = json.loads(octets)
        except ValueError as error:
            raise EdgeDown(EDGE) from error
        if not isinstance(found, dict):
            raise EdgeDown(EDGE)
        return found

    def _sound(self, place: object) -> bool:
        """Say whether an endpoint is one: with TLS, or on this machine as its issuer is."""
        url = urlsplit(place if isinstance(place, str) else "")
        here = urlsplit(self.issuer).hostname in LOOPBACK and url.hostname in LOOPBACK
        return bool(url.hostname) and (url.scheme == "https" or (here and url.scheme == "http"))
