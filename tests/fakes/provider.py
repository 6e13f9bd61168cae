"""A small OpenID Connect provider over HTTP, that keeps to the rules, and lies where told to."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "scanpass", "a secret:of ours"


@dataclass
class Identities:
    """Who is there, what was asked, and with what it is answered."""

    back: str
    subject: str = "4711"  # who sits at the browser, as the provider numbers them
    key: RSAKey | ECKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    claims: dict[str, Any] = field(default_factory=dict)  # instead of the true ones
    sign: Callable[["Identities", dict[str, Any]], str] | None = None  # instead of the true way
    scope: str = "openid"
    says_issuer: bool = True  # RFC 9207
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanged: int = 0
    issuer: str = ""

    def __enter__(self) -> Self:
        """Open a port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def metadata(self) -> dict[str, Any]:
        """Return what it tells of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/ask",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": self.says_issuer,
        }

    def authorised(self, asked: dict[str, str]) -> str:
        """Return where the browser goes once somebody has said who they are."""
        assert asked["redirect_uri"] == self.back
        assert (asked["response_type"], asked["scope"]) == ("code", self.scope)
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = token_urlsafe(16)
        self.codes[code] = asked | {"sub": self.subject}
        told = {"code": code, "state": asked["state"]}
        return f"{self.back}?{urlencode(told | self.named())}"

    def named(self) -> dict[str, str]:
        """Return whose answer it is, as far as it says so."""
        return {"iss": self.issuer} if self.says_issuer else {}

    def token(self, said: dict[str, str], authorization: str) -> dict[str, str] | None:
        """Return the tokens for a code; None where client, code, or verifier are not right."""
        pair = f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}"
        asked = self.codes.pop(said.get("code", ""), None)
        digest = sha256(said.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            authorization != f"Basic {b64encode(pair.encode()).decode()}"
            or asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != said.get("redirect_uri")
            or said.get("grant_type") != "authorization_code"
        ):
            return None
        self.exchanged += 1
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": asked["sub"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "email": "maria@example.org",
            "email_verified": True,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = (self.sign or truly)(self, claims)
        return {"id_token": signed, "access_token": "x", "token_type": "Bearer"}


def truly(identities: Identities, claims: dict[str, Any]) -> str:
    """Sign with the key that is told of."""
    algorithm = "RS256" if isinstance(identities.key, RSAKey) else "ES256"
    header = {"alg": algorithm, "kid": identities.key.kid}
    return jwt.encode(header, claims, identities.key, algorithms=[algorithm])


def handler(identities: Identities) -> type[BaseHTTPRequestHandler]:
    """Return what answers for `identities`."""

    class Handler(BaseHTTPRequestHandler):
        """Discovery, keys, the page that asks who somebody is (and asks nothing), tokens."""

        def do_GET(self) -> None:
            """Answer."""
            url = urlsplit(self.path)
            match url.path.removeprefix("/realm"):
                case "/.well-known/openid-configuration":
                    self.say(identities.metadata())
                case "/keys":
                    self.say({"keys": [identities.key.as_dict(private=False, use="sig")]})
                case "/ask":
                    self.send_response(302)
                    self.send_header("location", identities.authorised(dict(parse_qsl(url.query))))
                    self.end_headers()
                case _:
                    self.send_error(404)

        def do_POST(self) -> None:
            """Exchange a code."""
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            found = identities.token(dict(parse_qsl(body)), self.headers["authorization"] or "")
            self.say(found or {"error": "invalid_grant"}, 200 if found else 400)

        def say(self, told: dict[str, Any], status: int = 200) -> None:
            """Answer in JSON."""
            octets = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    return Handler
