"""A device with passkeys, made of software: answers as browsers do, and lies where told to."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import uuid4

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags (WebAuthn §6.1)


def encoded(octets: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return what `encoded` was given."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key, and how the device behaves."""

    origin: str
    flags: int = PRESENT | VERIFIED
    count: int = 0  # of uses, 0 where it counts none
    user: bytes = b""
    credential: bytes = field(default_factory=lambda: uuid4().bytes)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str) -> str:
        """Return the answer of `navigator.credentials.create`."""
        told = json.loads(options)
        self.user = decoded(told["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = len(self.credential).to_bytes(2) + self.credential + cbor2.dumps(key)
        data = self.data(told["rp"]["id"], ATTESTED) + bytes(16) + credential
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self.answer(
            attestationObject=encoded(attested),
            clientDataJSON=encoded(self.client("webauthn.create", told["challenge"])),
        )

    def get(self, options: str) -> str:
        """Return the answer of `navigator.credentials.get`."""
        told = json.loads(options)
        client, data = self.client("webauthn.get", told["challenge"]), self.data(told["rpId"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self.answer(
            authenticatorData=encoded(data),
            clientDataJSON=encoded(client),
            signature=encoded(signature),
            userHandle=encoded(self.user),
        )

    def client(self, kind: str, challenge: str) -> bytes:
        """Return what the browser says of the page (WebAuthn §5.8.1)."""
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def data(self, host: str, flags: int = 0) -> bytes:
        """Return what the device says of itself (WebAuthn §6.1)."""
        digest = sha256(host.encode()).digest()
        return digest + bytes([self.flags | flags]) + self.count.to_bytes(4)

    def answer(self, **response: Any) -> str:  # noqa: ANN401  fields of JSON
        """Return an answer as JSON."""
        name = encoded(self.credential)
        told = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(told | {"clientExtensionResults": {}})
