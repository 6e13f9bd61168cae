"""A patient who looks at what is theirs, over HTTP, while the portal is killed or slowed down."""

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

from deploy.local.setting import HOST
from deploy.local.waiting import until
from tests.chaos.standing import Standing

PATIENCE = 120.0  # seconds until a study may be seen
TIMEOUT = 60.0  # seconds for one piece of an answer
NONE: Mapping[str, str] = {}
AS_STORED = "application/dicom; transfer-syntax=*"
BUFFER = 1 << 16  # bytes the kernel keeps for a reader who does not read

# As the portal would, after the letter's code and the birth date.
SIGN_IN = """
    WITH person AS (INSERT INTO access.person DEFAULT VALUES RETURNING person),
    claim AS (
        INSERT INTO access.claim (person, record, site)
        SELECT person.person, record.record, record.site FROM person, catalogue.record
        WHERE record.site = %s AND record.patient_id = %s)
    INSERT INTO access.session (secret_hash, person, ends_at)
    SELECT %s, person, now() + interval '1 day' FROM person RETURNING session
"""
VISIBLE = """
    SELECT 1 FROM catalogue.study JOIN catalogue.record USING (record)
    WHERE study.site = %s AND record.patient_id = %s AND state = 'available'
        AND released_at IS NOT NULL
"""
WHERE = """
    SELECT study_uid, series_uid, sop_uid, sha256 FROM ingest.receipt
    WHERE site = %s AND sha256 = %s AND kind = 'instance'
"""


class Visitor:
    """One who is signed in."""

    def __init__(self, stage: Standing, site: str, patient: str) -> None:
        """Wait until the patient has something to see, and let them in."""
        self._stage, self._site = stage, site
        until(lambda: bool(stage.rows(VISIBLE, site, patient)), PATIENCE, "nothing to be seen")
        url = stage.servers.environment("portal")["SCANPASS_PORTAL_URL"]
        self._where = urlsplit(url)
        secret = secrets.token_urlsafe(32)
        cookie = f"scanpass-{sha256(url.encode()).hexdigest()[:8]}"
        self._headers = {"Cookie": f"{cookie}={secret}", "Accept": AS_STORED}
        stage.rows(SIGN_IN, site, patient, sha256(secret.encode()).digest())

    def path(self, digest: str) -> str:
        """Return where an original is had, by its SHA-256."""
        (row,) = self._stage.rows(WHERE, self._site, digest)
        place = f"studies/{row['study_uid']}/series/{row['series_uid']}/instances/{row['sop_uid']}"
        return f"/dicomweb/{self._site}/{place}"

    @contextmanager
    def opened(self, path: str, headers: Mapping[str, str] = NONE) -> Iterator[HTTPResponse]:
        """Give the answer to a GET, of which nothing is read yet.

        Raises:
            OSError, HTTPException: there is none.

        """
        connection = HTTPConnection(HOST, self._where.port, timeout=TIMEOUT)
        connection.sock = slow_socket(self._where.port)
        try:
            told = {**self._headers, "Host": self._where.netloc, **headers}
            connection.request("GET", path, headers=told)
            yield connection.getresponse()
        finally:
            connection.close()

    def sign_out(self) -> None:
        """End the session, as another browser of theirs may."""
        self._stage.run("UPDATE access.session SET ended_at = now() WHERE ended_at IS NULL")

    def rest(self, path: str, tag: str, had: bytes) -> bytes:
        """Return a file of which some was had before, with its tag; b"" where that is not done."""
        told = {"Range": f"bytes={len(had)}-", "If-Range": tag}
        try:
            with self.opened(path, told) as answer:
                content = answer.read()
                return had + content if answer.status == HTTPStatus.PARTIAL_CONTENT else b""
        except (OSError, HTTPException):
            return b""

    def digest(self, path: str) -> str:
        """Return the SHA-256 of what is had there; "" where it is not had whole."""
        try:
            with self.opened(path) as answer:
                content = answer.read()
                return sha256(content).hexdigest() if answer.status == HTTPStatus.OK else ""
        except (OSError, HTTPException):
            return ""

    def status(self, path: str) -> int:
        """Return the status of an answer; 0 where nobody answers."""
        try:
            with self.opened(path) as answer:
                answer.read()
                return answer.status
        except (OSError, HTTPException):
            return 0


def slow_socket(port: int | None) -> socket.socket:
    """Return a connection for which the kernel keeps little that is not read yet."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    made.settimeout(TIMEOUT)
    made.connect((HOST, port))
    return made
