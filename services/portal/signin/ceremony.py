"""What a passkey is asked to sign, and what is held of its answer (WebAuthn Level 3 §7). Pure."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

PATIENCE = 120_000  # milliseconds that a browser waits for finger or face
LONGEST_ID = 1023  # bytes (WebAuthn §4, credential id)
DEFAULT_PORTS = {"https": 443, "http": 80}


class Refused(Exception):
    """An answer that proves nothing."""


@dataclass(frozen=True, slots=True)
class Party:
    """For whom a passkey is good (a relying party): a host, and the one origin of its pages."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a passkey."""

    credential: bytes
    public_key: bytes = field(repr=False)  # COSE
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Which passkey says that it has signed which challenge, for whom. Nothing is proven yet."""

    challenge: str = field(repr=False)
    credential: bytes
    person: bytes  # the user handle


def party(portal_url: str) -> Party | None:
    """Return for whom passkeys at `portal_url` are; None where browsers know none.

    They need a secure context, and a host with a name (WebAuthn §13.4.9).
    """
    url = urlsplit(portal_url)
    host = url.hostname or ""
    if url.scheme != "https" and host != "localhost":
        return None
    try:
        ip_address(host)
    except ValueError:
        usual = url.port in {None, DEFAULT_PORTS[url.scheme]}
        return Party(host, f"{url.scheme}://{host}" + ("" if usual else f":{url.port}"))
    return None


def to_add(ours: Party, challenge: str, person: bytes, name: str, known: list[bytes]) -> str:
    """Return the options of `navigator.credentials.create`, as JSON.

    The key lives on the device, and is opened by whoever its owner has shown it.
    """
    options = generate_registration_options(
        rp_id=ours.host,
        rp_name="Scanpass",
        user_id=person,
        user_name=name or "Scanpass",
        challenge=challenge.encode(),
        timeout=PATIENCE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return options_to_json(options)


def to_sign_in(ours: Party, challenge: str) -> str:
    """Return the options of `navigator.credentials.get`, as JSON: whose key it is, it says."""
    options = generate_authentication_options(
        rp_id=ours.host,
        challenge=challenge.encode(),
        timeout=PATIENCE,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse an answer that the library does not take, whatever it says of it.

    Raises:
        Refused: it does not.

    """
    try:
        yield
    except Exception as error:  # a foreign parser, of what anybody sends
        raise Refused from error


def challenge_of(answer: str) -> str:
    """Return the challenge that an answer says it has signed.

    Raises:
        Refused: it says none.

    """
    with refusing():
        told = json.loads(answer)["response"]["clientDataJSON"]
        return parse_client_data_json(base64url_to_bytes(told)).challenge.decode("ascii")


def answered(answer: str) -> Answered:
    """Return which passkey answers, and to what.

    Raises:
        Refused: it does not say.

    """
    with refusing():
        credential = parse_authentication_credential_json(answer)
    handle = credential.response.user_handle or b""
    return Answered(challenge_of(answer), credential.raw_id, handle)


def added(ours: Party, challenge: str, answer: str) -> Key:
    """Return the new passkey of an answer to `to_add`.

    Raises:
        Refused: of another origin or challenge, malformed, or its owner was not asked.

    """
    with refusing():
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=ours.host,
            expected_origin=ours.origin,
            require_user_verification=True,
        )
    if not 0 < len(found.credential_id) <= LONGEST_ID:
        raise Refused
    return Key(found.credential_id, found.credential_public_key, found.sign_count)


def signed(ours: Party, challenge: str, key: Key, answer: str) -> int:
    """Return how often `key` says that it was used, once its signature is good.

    Raises:
        Refused: of another origin, challenge or key, malformed, or its owner was not asked.

    """
    with refusing():
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=ours.host,
            expected_origin=ours.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,  # see `copied`
            require_user_verification=True,
        )
    return found.new_sign_count


def copied(key: Key, count: int) -> bool:
    """Say whether two devices seem to have the key: its count did not grow (WebAuthn §6.1.1)."""
    return (key.sign_count > 0 or count > 0) and count <= key.sign_count
