"""Run with `python -m deploy.local.post`: one JSON line with the addresses, then until SIGTERM."""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from deploy.local.post.office import Ports, Post

PREFIX = "SCANPASS_POST_"
MISCONFIGURED = 2  # the exit code
PORT_NAMES = ("SMTP", "SMS", "WEB")


def main() -> int:
    """Read the environment, start, and wait to be told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        ports = Ports(*(int(os.environ.get(f"{PREFIX}{name}_PORT", "0")) for name in PORT_NAMES))
        post = Post(Path(os.environ[f"{PREFIX}DIR"]), os.environ[f"{PREFIX}SMS_TOKEN"], ports)
        addresses = post.start()
    except (KeyError, ValueError, OSError) as error:
        sys.stderr.write(f"the post office cannot open: {type(error).__name__}: {error}\n")
        return MISCONFIGURED
    sys.stdout.write(json.dumps(asdict(addresses)) + "\n")
    sys.stdout.flush()
    stopping.wait()
    post.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
