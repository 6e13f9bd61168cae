"""Who may use the broker, and for what: least rights, one user a service. Pure."""

import base64
import hashlib
import re

from deploy.local.setting import HOST, Setting

ALL, NONE = ".*", "^$"

# Which queues are a service's own, and which exchanges it may publish to beyond what all may.
QUEUES = {
    "ingest": (
        "ingest.arrivals",
        "ingest.drops.live",
        "ingest.drops.backfill",
        "ingest.decisions",
    ),
    "transcode": ("transcode.instances",),
    "index": ("index.instances", "index.documents"),
    "notify": ("notify.events",),
    "portal": (),
}
EXCHANGES = ("scanpass.events", "scanpass.dead", "wait.10s", "wait.1m", "wait.10m", "wait.1h")
ALSO = {"ingest": ("s3.events",)}


def users(setting: Setting) -> dict[str, object]:
    """Return the definitions that RabbitMQ loads at each boot: who there is and may do what."""
    names = (*QUEUES, "ops")
    return {
        "vhosts": [{"name": "/"}],
        "users": [
            {
                "name": name,
                "password_hash": hashed(setting.passwords[f"broker.{name}"]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"] if name == "ops" else [],
                "limits": {},
            }
            for name in names
        ],
        "permissions": [{"user": name, "vhost": "/", **permissions(name)} for name in names],
    }


def permissions(name: str) -> dict[str, str]:
    """Return the three patterns for one user."""
    if name == "ops":
        return {"configure": ALL, "write": ALL, "read": ALL}
    exchanges = (*EXCHANGES, *ALSO.get(name, ()))
    return {"configure": NONE, "write": one_of(exchanges), "read": one_of(QUEUES[name])}


def one_of(names: tuple[str, ...]) -> str:
    """Return the pattern that matches these names and no other."""
    return f"^({'|'.join(map(re.escape, names))})$" if names else NONE


def hashed(password: str) -> str:
    """Return `password` as RabbitMQ keeps it: salt, then SHA-256 over both, in base 64."""
    # The same each time for the same password, so that a restart changes nothing.
    salt = hashlib.sha256(b"scanpass" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def amqp_url(setting: Setting, name: str) -> str:
    """Return where user `name` connects, password included."""
    password = setting.passwords[f"broker.{name}"]
    return f"amqp://{name}:{password}@{HOST}:{setting.ports['broker']}/%2F"


def management_url(setting: Setting) -> str:
    """Return the management API's address, password included."""
    password = setting.passwords["broker.ops"]
    return f"http://ops:{password}@{HOST}:{setting.ports['broker.management']}"
