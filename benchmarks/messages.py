"""How many messages the broker took, as its management API tells it."""

import base64
import json
import time
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

STEADY = 6.0  # seconds: it gathers its figures every five
DEADLINE = 60.0


def published(ops: Mapping[str, str]) -> int:
    """Return the messages that were ever published, once the figure has come to rest."""
    deadline = time.monotonic() + DEADLINE
    last = told(ops)
    while time.monotonic() < deadline:
        time.sleep(STEADY)
        now = told(ops)
        if now == last:
            break
        last = now
    return last


def told(ops: Mapping[str, str]) -> int:
    """Return what the broker says now."""
    url = urlsplit(ops["SCANPASS_MANAGEMENT_URL"])
    login = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    address = f"http://{url.hostname}:{url.port}/api/overview"
    request = Request(address, headers={"Authorization": f"Basic {login}"})
    with urlopen(request, timeout=10) as answer:  # noqa: S310  http, of this machine
        return int(json.load(answer).get("message_stats", {}).get("publish", 0))
