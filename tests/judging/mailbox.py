"""Read what came out at the far end: `mail/*.eml` (RFC 5322) and `messages.jsonl`."""

import json
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path

from tests.judging.letters import Message

TAG = re.compile(r"<(style|title)\b.*?</\1>|<[^>]*>", re.DOTALL)


def read_messages(folder: Path) -> list[Message]:
    """Return every letter and text message that was received in `folder`."""
    mails = [letter(path.read_bytes()) for path in sorted((folder / "mail").glob("*.eml"))]
    file = folder / "messages.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    texts = [json.loads(line) for line in lines]
    return [*mails, *(Message(each["to"], each["text"], each["key"]) for each in texts)]


def letter(content: bytes) -> Message:
    """Return one letter, its sender and subject with the words of all its parts."""
    mail = message_from_bytes(content, _class=EmailMessage, policy=default)
    said = [str(mail["From"]), str(mail["Subject"])]
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            said.append(part.get_content())
        elif part.get_content_type() == "text/html":
            said.append(unescape(TAG.sub(" ", part.get_content())))
    return Message(str(mail["Delivered-To"]), "\n".join(said), str(mail["Message-ID"]))
