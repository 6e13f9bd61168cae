"""The post office as a whole: three servers over one directory."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.post.gateway import PATH, Gateway
from deploy.local.post.http import HOST, HttpServer
from deploy.local.post.mailbox import Mailbox
from deploy.local.post.smtp import Receiver, SmtpServer
from deploy.local.post.telephone import Telephone
from deploy.local.post.web import Web


@dataclass(frozen=True, slots=True)
class Ports:
    """Where to listen; 0 takes a free port."""

    smtp: int = 0
    sms: int = 0
    web: int = 0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where it listens."""

    smtp: str
    sms: str
    web: str


class Post:
    """SMTP receiver, SMS gateway and pages; what came before a restart is still there."""

    def __init__(self, directory: Path, token: str, ports: Ports = Ports()) -> None:
        """Keep everything under `directory`; `token` is what the gateway asks for.

        `answers` may name addresses (with an SMTP code) and numbers (with an HTTP status) that
        are to be turned away.
        """
        self.answers: dict[str, int] = {}
        self.mailbox = Mailbox(directory / "mail")
        self.telephone = Telephone(directory / "messages.jsonl")
        self.smtp = SmtpServer(Receiver(self.mailbox, self.answers), ports.smtp)
        self.sms = HttpServer("sms", Gateway(self.telephone, token, self.answers), ports.sms)
        self.web = HttpServer("web", Web(self.mailbox, self.telephone), ports.web)

    def start(self) -> Addresses:
        """Return when all three listen. Started again, they take the same ports.

        Raises:
            OSError: a port is not free.

        """
        started: list[SmtpServer | HttpServer] = []
        try:
            for server in (self.smtp, self.sms, self.web):
                server.start()
                started.append(server)
        except OSError:
            for server in started:
                server.stop()
            raise
        return self.addresses

    @property
    def addresses(self) -> Addresses:
        """Return where it listens, once it does."""
        return Addresses(
            f"smtp://{HOST}:{self.smtp.port}",
            f"http://{HOST}:{self.sms.port}{PATH}",
            f"http://{HOST}:{self.web.port}/",
        )

    def stop(self) -> None:
        """Stop all three."""
        for server in (self.smtp, self.sms, self.web):
            server.stop()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()
