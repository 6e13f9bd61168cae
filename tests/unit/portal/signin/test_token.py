"""signin.identity.token: what an ID token must be, and every way in which it is not."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from services.portal.signin.identity.token import Refused, UnknownKey
from services.portal.signin.identity.token import held as token_of

NOW = 1_800_000_000.0
RSA = RSAKey.generate_key(2048, {"kid": "one"})
EC = ECKey.generate_key("P-256", {"kid": "two"})
KEYS = [each.as_dict(private=False) for each in (RSA, EC)]
TRUE: dict[str, Any] = {
    "iss": "https://id.example",
    "aud": "scanpass",
    "sub": "4711",
    "nonce": "n",
    "iat": NOW,
    "exp": NOW + 300,
}


def held(token: str, keys: list[dict[str, Any]] = KEYS) -> str:
    """Hold a token against what was asked."""
    expected = {"issuer": "https://id.example", "client": "scanpass", "nonce": "n"}
    return str(token_of(token, keys, now=NOW, **expected)["sub"])


def signed(claims: dict[str, Any], key: RSAKey | ECKey = RSA, algorithm: str = "RS256") -> str:
    """Sign what is not None of `claims`."""
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key.kid}, told, key, algorithms=[algorithm])


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
def test_a_true_token_says_who_it_is(key: RSAKey | ECKey, algorithm: str) -> None:
    """By each of the algorithms that are allowed."""
    assert held(signed(TRUE, key, algorithm)) == "4711"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": ["scanpass"]},
        {"aud": ["scanpass", "other"], "azp": "scanpass"},
        {"exp": NOW - 30},
        {"iat": NOW + 30},
        {"nbf": NOW},
    ],
)
def test_what_the_standard_leaves_open_is_taken(more: dict[str, Any]) -> None:
    """One audience of several with the party named, and clocks that differ by half a minute."""
    assert held(signed(TRUE | more)) == "4711"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://id.example/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": None},
        {"aud": ["scanpass", "other"]},
        {"aud": ["scanpass", "other"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": True},
        {"exp": "never"},
        {"iat": NOW - 601},
        {"iat": NOW + 61},
        {"iat": None},
        {"nbf": NOW + 61},
        {"sub": None},
        {"sub": ""},
        {"sub": 4711},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
    ],
    ids=str,
)
def test_a_token_that_is_not_meant_for_this_is_refused(lie: dict[str, Any]) -> None:
    """Although it is signed as it must be."""
    with pytest.raises(Refused):
        held(signed(TRUE | lie))


def part(told: dict[str, Any]) -> str:
    """Return one part of a token."""
    return urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'kid': 'one'})}.{part(TRUE)}."


def by_public_key() -> str:
    """Return a token whose shared secret is the provider's public key."""
    told = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(TRUE)}"
    seal = hmac.digest(RSA.as_pem(private=False), told.encode(), "sha256")
    return f"{told}.{urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def by_another_key() -> str:
    return signed(TRUE, RSAKey.generate_key(2048, {"kid": "one"}))


def with_its_own_key() -> str:
    """Return a token that brings the key along by which it is to be believed."""
    own = RSAKey.generate_key(2048, {"kid": "one"})
    header = {"alg": "RS256", "kid": "one", "jwk": own.as_dict(private=False)}
    return jwt.encode(header, TRUE, own, algorithms=["RS256"])


def changed() -> str:
    head, _, tail = signed(TRUE).split(".")
    return f"{head}.{part(TRUE | {'sub': '1'})}.{tail}"


def of_another_kind() -> str:
    """Return a token by RSA that names the elliptic key."""
    return jwt.encode({"alg": "RS256", "kid": "two"}, TRUE, RSA, algorithms=["RS256"])


@pytest.mark.parametrize(
    "forge",
    [
        lambda: unsigned("none"),
        lambda: unsigned("None"),
        lambda: unsigned("RS256"),
        by_public_key,
        by_another_key,
        with_its_own_key,
        changed,
        of_another_kind,
        lambda: signed(TRUE, RSA, "RS512"),
        lambda: "",
        lambda: "x.y.z",
        lambda: "e30.e30.e30.e30.e30",
    ],
)
def test_a_token_that_is_not_signed_by_the_provider_is_refused(forge: Callable[[], str]) -> None:
    """Whatever it says of itself."""
    with pytest.raises(Refused):
        held(forge())


def test_an_unknown_key_is_told_apart() -> None:
    """So that the provider's keys are read anew; without a name only a single key counts."""
    other = RSAKey.generate_key(2048, {"kid": "three"})
    with pytest.raises(UnknownKey):
        held(signed(TRUE, other))
    nameless = jwt.encode({"alg": "RS256"}, TRUE, RSA, algorithms=["RS256"])
    with pytest.raises(UnknownKey):
        held(nameless)
    assert held(nameless, [dict(KEYS[0])]) == "4711"
    with pytest.raises(UnknownKey):
        held(nameless, [dict(KEYS[0]) | {"use": "enc"}])
