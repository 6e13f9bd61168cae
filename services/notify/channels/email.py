"""Letters by SMTP (RFC 5321)."""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID

import structlog

from services.notify.channels import Refused
from services.notify.letter import Letter
from shared.errors import EdgeDown

log = structlog.get_logger()

PORTS = {"smtp": 25, "smtps": 465, "starttls": 587}
ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\x00-\x1f\x7f]+@[^\s@<>(),;:\"\\\x00-\x1f\x7f]+")
PERMANENT = 500  # RFC 5321 §4.2.1: 5yz, the same will be refused again
# RFC 4954 §4, §6: the server wants another log-in; that is our fault and not the address's.
ABOUT_US = frozenset({530, 534, 535, 538})
DEADLINE = 40.0  # seconds for one letter, all in all
STEP = 15.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is, and how to speak to it."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def server(url: str) -> Server:
    """Read `smtp://host:port`, `smtps://user:password@host` or `starttls://…`.

    Raises:
        ValueError: it is none of these, or would send a password in the clear.

    """
    split = urlsplit(url)
    if split.scheme not in PORTS or not split.hostname:
        msg = "must look like smtp://host:25, smtps://user:password@host or starttls://…"
        raise ValueError(msg)
    if split.username and split.scheme == "smtp":
        msg = "a password needs smtps:// or starttls://"
        raise ValueError(msg)
    return Server(
        split.scheme,
        split.hostname,
        split.port or PORTS[split.scheme],
        unquote(split.username or ""),
        unquote(split.password or ""),
    )


def message(delivery: UUID, sender: str, to: str, letter: Letter) -> EmailMessage:
    """Return `letter` as a mail: plain text, or HTML with its logo inside. `sender` is an address.

    Raises:
        Refused: `to` is no address.

    """
    if not ADDRESS.fullmatch(to):
        code = "address-malformed"
        raise Refused(code)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address(display_name=letter.sender, addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = formatdate(usegmt=True)
    # RFC 5322 §3.6.4: the same letter, if it has to be sent again, is the same message.
    mail["Message-ID"] = f"<{delivery}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday replies, please
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = letter.language
    if letter.logo:
        html = cast("EmailMessage", mail.get_payload(1))
        maintype, subtype = letter.logo.type.split("/")
        html.add_related(
            letter.logo.content,
            maintype,
            subtype,
            cid=f"<{letter.logo.cid}>",
            disposition="inline",
            filename="logo." + subtype.partition("+")[0],
        )
    return mail


class Email:
    """The channel to an e-mail address: one connection a letter."""

    def __init__(self, server: Server, sender: str) -> None:
        """Send through `server`, in the name of the address `sender`."""
        self.server, self.sender = server, sender

    def send(self, delivery: UUID, to: str, letter: Letter) -> None:
        """Hand `letter` to the mail server, see `Channel.send`."""
        mail = message(delivery, self.sender, to, letter)
        with translated(), connected(self.server) as client:
            client.send_message(mail, self.sender, [to])


class Timed(smtplib.SMTP):
    """A client whose whole conversation has a deadline, not only each of its answers."""

    def __init__(self, server: Server, **options: Any) -> None:  # noqa: ANN401  smtplib's own
        """Connect to `server`."""
        self.ends = time.monotonic() + DEADLINE
        super().__init__(server.host, server.port, timeout=STEP, **options)

    def getreply(self) -> tuple[int, bytes]:
        """Wait for the next answer no longer than the deadline allows."""
        if self.sock:
            self.sock.settimeout(min(STEP, max(0.01, self.ends - time.monotonic())))
        return super().getreply()


class TimedTls(Timed, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


@contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    """Open a connection, encrypted and logged in as `server` says, and say goodbye."""
    tls = ssl.create_default_context()
    client = TimedTls(server, context=tls) if server.scheme == "smtps" else Timed(server)
    try:
        if server.scheme == "starttls":
            client.starttls(context=tls)
        if server.user:
            client.login(server.user, server.password)
        yield client
        goodbye(client)
    finally:
        client.close()


def goodbye(client: smtplib.SMTP) -> None:
    """Say QUIT; the letter is taken already, so a lost answer is no failure."""
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        log.info("smtp_goodbye_lost")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what smtplib raises into whose fault it is; never keep its text, it quotes addresses."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        ((code, _),) = refused.recipients.values()
        raise judged(code) from None
    except smtplib.SMTPDataError as refused:
        raise judged(refused.smtp_code) from None
    except smtplib.SMTPResponseException as refused:  # of the log-in, the sender or the greeting
        log.warning("smtp_refused_us", code=refused.smtp_code)
        edge = "smtp"
        raise EdgeDown(edge) from None
    except smtplib.SMTPNotSupportedError:
        log.warning("smtp_cannot")  # no STARTTLS, no AUTH, or no SMTPUTF8
        edge = "smtp"
        raise EdgeDown(edge) from None
    except (OSError, smtplib.SMTPException):
        edge = "smtp"
        raise EdgeDown(edge) from None


def judged(code: int) -> Exception:
    """Say whose fault an answer about this letter is (RFC 5321 §4.2.1)."""
    if code < PERMANENT or code in ABOUT_US:
        return EdgeDown("smtp")
    return Refused(f"smtp-{code}")
