"""The environment variables that each service sees: the same names as in production."""

import shlex
from collections.abc import Mapping

from deploy.local import accounts, database, identities, store
from deploy.local.setting import HOST, Setting, write_private

SERVICES = ("ingest", "transcode", "index", "notify", "portal")
# `hospital` drops; `owner` owns the schemas and the buckets, for migrations and tests.
IDENTITIES = (*SERVICES, "ops", "hospital", "owner")

PASSWORDS = (
    *(f"broker.{name}" for name in (*accounts.QUEUES, "ops")),
    *(f"s3.{name}" for name in (*identities.MAY, "admin", "signing")),
    *(f"database.{name}" for name in (*database.ROLES, "owner")),
    "sms.token",
    "codes.key",
)

OWN: Mapping[str, Mapping[str, str]] = {
    "ingest": {
        "SWEEP_SECONDS": "2",
        "RECONCILE_SECONDS": "60",
        "RECONCILE_AFTER_SECONDS": "300",
        "WORKERS": "4",
    },
    "transcode": {"CHILDREN": "2"},
    "index": {"DUE_SECONDS": "1.0", "CHILDREN": "1"},
    "notify": {"DELIVERY_SECONDS": "1.0", "MAIL_FROM": "Scanpass <no-reply@scanpass.example>"},
}


def environment(service: str, setting: Setting) -> dict[str, str]:
    """Return what `service` (or `ops`, `hospital`, `owner`) is given, and nothing more."""
    variables: dict[str, str] = {}
    if service in accounts.QUEUES or service == "ops":
        variables["AMQP_URL"] = accounts.amqp_url(setting, service)
    identity = "admin" if service == "owner" else service
    if identity in identities.MAY or identity == "admin":
        variables |= {
            "S3_ENDPOINT": f"http://{HOST}:{setting.ports['s3']}",
            "S3_ACCESS_KEY": identities.access_key(identity),
            "S3_SECRET_KEY": setting.passwords[f"s3.{identity}"],
            "S3_REGION": store.REGION,
        }
    if service in database.ROLES or service == "owner":
        variables["DATABASE_URL"] = database.database_url(setting, service)
    if service == "ops":
        variables["MANAGEMENT_URL"] = accounts.management_url(setting)
    if service in SERVICES:
        variables |= {"PROBE_PORT": str(setting.ports[service]), "LOG_LEVEL": "INFO"}
    if service in {"notify", "portal", "ops"}:
        variables |= {
            "PORTAL_URL": f"http://localhost:{setting.ports['portal.pages']}",
            "CODE_KEY": setting.passwords["codes.key"],
        }
    if service == "portal":
        variables |= {
            "PORTAL_PORT": str(setting.ports["portal.pages"]),
            "VIEWER_PORT": str(setting.ports["portal.viewer"]),
            "VIEWER_URL": f"http://127.0.0.1:{setting.ports['portal.viewer']}",
        }
    if service == "notify":
        variables |= {
            "SMTP_URL": f"smtp://{HOST}:{setting.ports['demo.smtp']}",
            "SMS_GATEWAY_URL": f"http://{HOST}:{setting.ports['demo.sms']}/messages",
            "SMS_GATEWAY_TOKEN": setting.passwords["sms.token"],
        }
    variables |= OWN.get(service, {})
    return {f"SCANPASS_{key}": value for key, value in variables.items()}


def write(setting: Setting) -> None:
    """Keep one file a service under `root/env`, for whoever starts one by hand."""
    for service in IDENTITIES:
        variables = environment(service, setting)
        text = "".join(f"{key}={value}\n" for key, value in variables.items())
        write_private(setting.root / "env" / f"{service}.env", text)


def exports(service: str, setting: Setting) -> str:
    """Return the lines that a shell evaluates."""
    variables = environment(service, setting)
    return "".join(f"export {key}={shlex.quote(value)}\n" for key, value in variables.items())
