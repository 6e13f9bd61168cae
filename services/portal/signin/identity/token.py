"""What an ID token must be before it says who somebody is (OpenID Connect Core §3.1.3.7). Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

Claims: TypeAlias = Mapping[str, Any]
Jwk: TypeAlias = Mapping[str, Any]

# By public keys only: never `none`, and nothing that a client secret or a public key could sign.
ALGORITHMS = ("RS256", "PS256", "ES256")
KINDS: Mapping[str, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}
LONGEST = 255  # characters of a subject (OpenID Connect Core §2)
LEEWAY = 60  # seconds by which two clocks may differ
OLDEST = 600  # seconds since a token was made: it is asked for at the moment it is needed


class Refused(Exception):
    """A token, or an answer, that does not say who somebody is."""


class UnknownKey(Refused):
    """It is signed by a key that is not among those given: the provider may have a new one."""


def held(  # noqa: PLR0913  each is what a token is held against
    token: str, keys: Sequence[Jwk], *, issuer: str, client: str, nonce: str, now: float
) -> Claims:
    """Return what `issuer` says of somebody; `sub` is who they are to it.

    Raises:
        UnknownKey: none of `keys` has signed it.
        Refused: it is another's, too old, of another request, or not signed as it must be.

    """
    key = key_of(token, keys)
    try:
        claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:  # of a key that does not fit too
        raise Refused from error
    if not (meant(claims, issuer, client, nonce) and fresh(claims, now)):
        raise Refused
    found = claims.get("sub")
    if not (isinstance(found, str) and 0 < len(found) <= LONGEST and found.isprintable()):
        raise Refused
    return claims


def key_of(token: str, keys: Sequence[Jwk]) -> RSAKey | ECKey:
    """Return the key that a token says it is signed with; without a name, the only one there is.

    Raises:
        UnknownKey: it is not there.
        Refused: the token names none, or an algorithm that is not allowed.

    """
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise Refused from error
    if header.get("alg") not in ALGORITHMS:
        raise Refused
    usable = [each for each in keys if each.get("kty") in KINDS and each.get("use") != "enc"]
    name = header.get("kid")
    found = [each for each in usable if name is None or each.get("kid") == name]
    if len(found) != 1:
        raise UnknownKey
    (one,) = found
    try:
        return KINDS[one["kty"]].import_key(dict(one))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused from error


def meant(claims: Claims, issuer: str, client: str, nonce: str) -> bool:
    """Say whether a token is of this issuer, for this client, and an answer to this request."""
    audience = claims.get("aud")
    many = [audience] if isinstance(audience, str) else audience
    if not isinstance(many, list) or client not in many:
        return False
    by = claims.get("azp", client if len(many) == 1 else None)
    return bool(claims.get("iss") == issuer and by == client and claims.get("nonce") == nonce)


def fresh(claims: Claims, now: float) -> bool:
    """Say whether a token was made just now, and has not ended."""
    ends, made, begins = (claims.get(each, now) for each in ("exp", "iat", "nbf"))
    whole = {"exp", "iat"} <= claims.keys()
    if not whole or not all(type(each) in {int, float} for each in (ends, made, begins)):
        return False
    return bool(
        now < ends + LEEWAY and begins <= now + LEEWAY and now - OLDEST <= made <= now + LEEWAY
    )
