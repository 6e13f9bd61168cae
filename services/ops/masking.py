"""What may be shown of a dead letter: identifiers, never an object key. Pure."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.events import CATALOGUE, Site

HINT = "s3.object-dropped"
KNOWN = {event.routing_key for event in CATALOGUE}
SHOWN_OF_HINT = {"bucket", "version", "size", "modified_at"}
SITE: TypeAdapter[str] = TypeAdapter(Site)
CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


def shown(kind: str, body: bytes) -> dict[str, Any]:
    """Return what an operator may see of `body`, a message of type `kind`.

    Catalogue events carry identifiers only and are shown whole. A drop hint carries an object
    key, and hospitals put names into keys: its site and a digest are shown. Of a body that
    nobody understands, the size and the digest.
    """
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return opaque(body)
    if kind == HINT:
        return hint(told)
    return told if kind in KNOWN and fits(kind, body) else opaque(body)


def hint(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a drop hint without its key."""
    key = str(told.get("key", ""))
    return {
        "site": site_of(key),
        "key_digest": sha256(key.encode("utf-8", "surrogateescape")).hexdigest(),
        **{name: told[name] for name in sorted(SHOWN_OF_HINT & told.keys())},
    }


def site_of(key: str) -> str:
    """Return the site that a drop key names, `?` where it names none."""
    first, slash, _ = key.partition("/")
    try:
        return SITE.validate_python(first) if slash else "?"
    except ValidationError:
        return "?"


def fits(kind: str, body: bytes) -> bool:
    """Say whether `body` is what its type promises: only then it is known to bear no name."""
    event = next(each for each in CATALOGUE if each.routing_key == kind)
    try:
        event.model_validate_json(body, extra="forbid")
    except ValidationError:
        return False
    return True


def opaque(body: bytes) -> dict[str, Any]:
    """Return size and digest of a body that may hold anything."""
    return {"size": len(body), "sha256": sha256(body).hexdigest()}


def code(said: object) -> str:
    """Return a header's value where it has the form of a code, else `?`: it may be free text."""
    text = str(said)
    return text if CODE.fullmatch(text) else "?"
