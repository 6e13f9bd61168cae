"""Write every Secret that the manifests name: `python -m deploy.k8s.secrets … >secrets.json`.

Passwords are made here, once, and stand nowhere else: keep the output where your other secrets are,
and `kubectl apply -f` it. The servers get their half: the broker by the definitions in the Secret
`broker-users`, CloudNativePG by `database-…`; other servers and the object store by your own hand.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy.local import accounts, database, environment
from deploy.local.identities import MAY, access_key
from deploy.local.setting import Setting

SERVICES, SERVERS = "scanpass", "scanpass-servers"
MONITOR = "keda"  # the broker user that counts messages, and may do nothing else

Secret = dict[str, object]


@dataclass(frozen=True)
class Places:
    """Where the servers are, as URLs without a user; and what only you know."""

    broker: str
    management: str
    database: str
    smtp: str
    sms_token: str


def passwords() -> dict[str, str]:
    """Return a new password for everybody, by the names that the embedded servers use too."""
    names = (*environment.PASSWORDS, f"broker.{MONITOR}")
    return {name: secrets.token_urlsafe(32) for name in names}


def written(places: Places, known: Mapping[str, str]) -> list[Secret]:
    """Return the Secrets of both namespaces."""
    return [*of_services(places, known), *of_servers(known)]


def of_services(places: Places, known: Mapping[str, str]) -> list[Secret]:
    """Return one Secret a service: its own user of each server that it reads, and nobody else's."""
    found = []
    for name in (*environment.SERVICES, "ops"):
        told = {"SCANPASS_AMQP_URL": within(places.broker, name, known[f"broker.{name}"])}
        if name in database.ROLES:
            role = within(places.database, f"scanpass_{name}", known[f"database.{name}"])
            told["SCANPASS_DATABASE_URL"] = role
        if name in MAY:
            told["SCANPASS_S3_ACCESS_KEY"] = access_key(name)
            told["SCANPASS_S3_SECRET_KEY"] = known[f"s3.{name}"]
        if name == "notify":
            told["SCANPASS_SMTP_URL"] = places.smtp
            told["SCANPASS_SMS_GATEWAY_TOKEN"] = places.sms_token
        if name == "ops":
            told["SCANPASS_MANAGEMENT_URL"] = within(places.management, name, known["broker.ops"])
        found.append(secret(SERVICES, f"scanpass-{name}", told))
    owner = within(places.database, database.OWNER, known["database.owner"])
    monitor = within(places.management, MONITOR, known[f"broker.{MONITOR}"])
    return [
        *found,
        secret(SERVICES, "scanpass-owner", {"SCANPASS_DATABASE_URL": owner}),
        secret(SERVICES, "scanpass-codes", {"SCANPASS_CODE_KEY": known["codes.key"]}),
        secret(SERVICES, "scanpass-keda", {"host": monitor}),
    ]


def of_servers(known: Mapping[str, str]) -> list[Secret]:
    """Return what the operators give to their servers: users, rights, roles."""
    users = json.dumps(definitions(known))
    roles = {"owner": database.OWNER, **{each: f"scanpass_{each}" for each in database.ROLES}}
    return [
        secret(SERVERS, "broker-users", {"definitions.json": users}),
        *(
            secret(
                SERVERS,
                f"database-{name}",
                {"username": role, "password": known[f"database.{name}"]},
                kind="kubernetes.io/basic-auth",
            )
            for name, role in roles.items()
        ),
    ]


def definitions(known: Mapping[str, str]) -> dict[str, object]:
    """Return the broker's users with their rights, and one that may only look."""
    told = accounts.users(Setting(Path(), {}, dict(known)))
    monitor = {
        "name": MONITOR,
        "password_hash": accounts.hashed(known[f"broker.{MONITOR}"]),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": ["monitoring"],
        "limits": {},
    }
    may = {"user": MONITOR, "vhost": "/", "configure": "^$", "write": "^$", "read": "^$"}
    users, permissions = told["users"], told["permissions"]
    assert isinstance(users, list)  # noqa: S101  as `accounts` writes them
    assert isinstance(permissions, list)  # noqa: S101
    return {**told, "users": [*users, monitor], "permissions": [*permissions, may]}


def within(url: str, user: str, password: str) -> str:
    """Return `url` with a user.

    >>> within("amqps://broker:5671/", "ingest", "p")
    'amqps://ingest:p@broker:5671/'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def secret(namespace: str, name: str, told: Mapping[str, str], kind: str = "Opaque") -> Secret:
    """Return one Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": kind,
        "stringData": dict(told),
    }


def main(words: Sequence[str]) -> None:
    """Write a list that `kubectl apply -f` takes."""
    parser = argparse.ArgumentParser("python -m deploy.k8s.secrets")
    servers = f"{SERVERS}.svc"
    parser.add_argument("--broker", default=f"amqps://broker.{servers}:5671/%2F")
    parser.add_argument("--management", default=f"https://broker.{servers}:15671/")
    parser.add_argument(
        "--database", default=f"postgresql://database-rw.{servers}:5432/scanpass?sslmode=require"
    )
    parser.add_argument("--smtp", required=True, help="smtps://user:password@host")
    parser.add_argument("--sms-token", required=True, help="of the SMS gateway")
    items = written(Places(**vars(parser.parse_args(words))), passwords())
    json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
