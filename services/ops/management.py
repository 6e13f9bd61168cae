"""The broker's management API, read only: queues, bindings, version."""

import json
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from services.ops.ends import Unreachable
from services.ops.mending import place

EDGE = "management"
SECONDS = 10
UNAUTHORISED, FORBIDDEN = 401, 403


class Management:
    """Questions to the management API of one broker."""

    def __init__(self, url: str, vhost: str = "/") -> None:
        """Ask nothing yet; `url` is `http://user:password@host:port`.

        Raises:
            Unreachable: `url` is none.

        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unreachable(EDGE, "not-a-url", "")
        self.where = place(url)
        self.base = urlunsplit((parts.scheme, self.where, parts.path.rstrip("/"), "", ""))
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self.authorization = "Basic " + b64encode(user.encode()).decode()
        self.vhost = quote(vhost, safe="")

    def version(self) -> str:
        """Return the broker's version."""
        return str(self.ask("/api/overview?columns=rabbitmq_version").get("rabbitmq_version", "?"))

    def queues(self) -> set[str]:
        """Return the names of all queues."""
        return {each["name"] for each in self.ask(f"/api/queues/{self.vhost}?columns=name")}

    def lifeless(self) -> set[str]:
        """Return the quorum queues that no node leads, though every node runs: nobody serves them.

        3.10.8 leaves one behind when a queue is deleted and made anew while the node comes up.
        """
        nodes = self.ask("/api/nodes?columns=name,running")
        if not all(each.get("running") for each in nodes):
            return set()  # it may be led again once they do
        found = self.ask(f"/api/queues/{self.vhost}?columns=name,type,leader,online")
        return {
            each["name"]
            for each in found
            if each.get("type") == "quorum" and not each.get("leader") and not each.get("online")
        }

    def bindings(self) -> set[tuple[str, str, str]]:
        """Return every binding as (exchange, queue, routing key)."""
        return {
            (each["source"], each["destination"], each["routing_key"])
            for each in self.ask(f"/api/bindings/{self.vhost}")
            if each["source"]
        }

    def ask(self, path: str) -> Any:  # noqa: ANN401  whatever the API says in JSON
        """Return the answer to a GET.

        Raises:
            Unreachable: there is none, or a refusal.

        """
        request = Request(self.base + path, headers={"Authorization": self.authorization})  # noqa: S310  the scheme is checked above
        try:
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
                return json.load(answer)
        except HTTPError as error:
            refused = {UNAUTHORISED: "wrong-password", FORBIDDEN: "not-let-in"}
            rabbit = error.headers.get("Server", "").lower() == "cowboy"
            code = refused.get(error.code, "other-server") if rabbit else "other-server"
            error.close()
        except URLError as error:
            code = silence(error.reason)
        except TimeoutError:
            code = "silent"
        except (OSError, ValueError):
            code = "other-server"
        raise Unreachable(EDGE, code, self.where)


def silence(reason: object) -> str:
    """Return the code of why a connection did not come about."""
    match reason:
        case ConnectionRefusedError():
            return "nobody-listens"
        case TimeoutError():
            return "silent"
        case OSError() if type(reason).__name__ == "gaierror":
            return "unknown-host"
    return "other-server"
