"""Browsers without a screen: forms sent and pages read as people do, and as scripts do."""

import re
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

TIMEOUT = 60.0


@dataclass
class Page:
    """One answer."""

    status: int
    location: str
    text: str
    body: bytes


@dataclass
class Browser:
    """Somebody with cookies, at one origin."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Page:
        """Read a page; `path` may be a whole address."""
        return self._asked("GET", path, None)

    def post(self, path: str, **said: str) -> Page:
        """Send a form."""
        return self._asked("POST", path, urlencode(said))

    def _asked(self, method: str, path: str, body: str | None) -> Page:
        where = urlsplit(path if "://" in path else self.origin + path)
        headers = {"Accept": "*/*", "Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(where.hostname or "", where.port, timeout=TIMEOUT)
        try:
            place = where.path + (f"?{where.query}" if where.query else "")
            connection.request(method, place, body, headers)
            answer = connection.getresponse()
            read = answer.read()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0].strip('"')
            text = read.decode("utf-8", "replace")
            return Page(answer.status, answer.getheader("location", ""), text, read)
        finally:
            connection.close()


def found(pattern: str, text: str) -> str:
    """Return what the group of `pattern` holds.

    Raises:
        LookupError: it is not there.

    """
    match = re.search(pattern, text)
    if match is None:
        raise LookupError(pattern)
    return match.group(1)
