"""Who may use the object store, and for what: one identity a service. Pure."""

from deploy.local.setting import Setting

# Deleting is writing. Listing is granted apart from reading.
MAY = {
    "ingest": {"drop": "rwl", "archive": "rwl", "quarantine": "rwl"},
    "transcode": {"archive": "r", "derived": "rwl"},
    "index": {"archive": "r", "derived": "rwl"},
    "portal": {"archive": "r", "derived": "r", "ledger": "wl", "drop": "w"}
    | {"bring": "rwl", "plain": "rwl"},
    "ops": {"drop": "rwl", "quarantine": "rl", "archive": "rl", "derived": "rl", "ledger": "rwl"},
    "hospital": {"drop": "w"},
}
ACTIONS = {"r": "Read", "w": "Write", "l": "List"}


def identities(setting: Setting) -> dict[str, object]:
    """Return who may do what with which bucket, as SeaweedFS reads it."""
    granted = {
        name: [
            f"{ACTIONS[letter]}:{bucket}" for bucket, letters in may.items() for letter in letters
        ]
        for name, may in MAY.items()
    }
    return {
        "identities": [
            {
                "name": name,
                "credentials": [
                    {"accessKey": access_key(name), "secretKey": setting.passwords[f"s3.{name}"]}
                ],
                "actions": actions,
            }
            for name, actions in ({"admin": ["Admin"]} | granted).items()
        ]
    }


def access_key(name: str) -> str:
    """Return the public half of an identity's key."""
    return f"scanpass-{name}"
