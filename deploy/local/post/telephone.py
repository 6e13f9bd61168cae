"""Text messages as they came, one JSON line each."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict


class Texted(TypedDict):
    """One text message; `key` is what it was posted under."""

    key: str
    to: str
    text: str
    id: str
    received_at: str  # ISO 8601


class Telephone:
    """A file of messages; each key once."""

    def __init__(self, file: Path) -> None:
        """Keep messages in `file`; what stands there already stays."""
        self.file, self.lock = file, threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.read_bytes() if file.exists() else b""
        whole = written[: written.rfind(b"\n") + 1]  # a line cut by a crash was never promised
        file.write_bytes(whole)
        self.texted: list[Texted] = [json.loads(line) for line in whole.splitlines()]

    def add(self, key: str, to: str, text: str, message_id: str) -> bool:
        """Keep one message for good; False where its key is known."""
        with self.lock:
            if any(known["key"] == key for known in self.texted):
                return False
            message = Texted(
                key=key, to=to, text=text, id=message_id, received_at=datetime.now(UTC).isoformat()
            )
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(message, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.texted.append(message)
            return True

    def messages(self) -> list[Texted]:
        """Return all messages, the oldest first."""
        with self.lock:
            return list(self.texted)
