"""Letters as they came, one `.eml` file each, so that anybody can read them."""

import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")  # nanoseconds since 1970, so that names sort by time
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Received:
    """One letter in the mailbox."""

    name: str  # of its file, without `.eml`
    mail: EmailMessage

    @property
    def at(self) -> datetime:
        """Return when it came."""
        return datetime.fromtimestamp(int(self.name.split("-")[0]) / NANOSECONDS, UTC)


class Mailbox:
    """A directory of letters, written like a Maildir: whole in `tmp`, then moved."""

    def __init__(self, directory: Path) -> None:
        """Keep letters in `directory`; what lies there already stays."""
        self.directory, self.tmp = directory, directory / "tmp"
        self.tmp.mkdir(parents=True, exist_ok=True)

    def add(self, sender: str, to: Sequence[str], content: bytes) -> Path:
        """Keep one letter for good, and say where. What came is not changed, only headed."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        head = [
            f"Return-Path: <{sender}>",
            *(f"Delivered-To: {address}" for address in to),
            f"Received: by localhost with ESMTP; {format_datetime(datetime.now(UTC))}",
        ]
        with (self.tmp / name).open("wb") as file:
            file.write("".join(f"{line}\r\n" for line in head).encode() + content)
            file.flush()
            os.fsync(file.fileno())
        return (self.tmp / name).rename(self.directory / name)

    def names(self) -> list[str]:
        """Return the names of all letters, the newest first."""
        return sorted((path.stem for path in self.directory.glob("*.eml")), reverse=True)

    def letter(self, name: str) -> Received:
        """Return one letter.

        Raises:
            FileNotFoundError: there is none of that name.

        """
        if not NAME.fullmatch(name):
            raise FileNotFoundError(name)
        content = (self.directory / f"{name}.eml").read_bytes()
        return Received(name, message_from_bytes(content, _class=EmailMessage, policy=default))

    def letters(self) -> list[Received]:
        """Return all letters, the newest first."""
        return [self.letter(name) for name in self.names()]
