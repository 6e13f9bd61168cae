"""Debian's Firefox, driven by Marionette: JSON over TCP, with the commands of W3C WebDriver."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PROGRAM = "/usr/bin/firefox-esr"
PATIENCE = 60.0  # seconds
# WebDriver §17.4.2; letters stand for themselves.
KEYS = {"Shift": "\ue008", "Tab": "\ue004", "Enter": "\ue007", "ArrowDown": "\ue015"}
# It asks nobody for anything by itself, and speaks as the phone does.
PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # a free one, which it writes into the profile
    "intl.accept_languages": "es-ES, es",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://localhost:1",
    "accessibility.tabfocus": 7,  # links too, as elsewhere than on a Mac
}


class Refused(Exception):
    """Firefox could not do it; the text is its own."""


class Firefox:
    """One window."""

    def __init__(self, port: int) -> None:
        """Connect to a Firefox that listens at `port`."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._read()  # it says who it is
        self.do("WebDriver:NewSession", capabilities={})

    def do(self, command: str, **parameters: object) -> Any:  # noqa: ANN401  as WebDriver has it
        """Do one command and return its value."""
        self._number += 1
        text = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._read()
        if error:
            raise Refused(error["message"])
        return result.get("value") if isinstance(result, dict) else result

    def _read(self) -> Any:  # noqa: ANN401
        """Return one message: its length, a colon, JSON."""
        length = b""
        while not length.endswith(b":"):
            length += self._file.read(1)
        return json.loads(self._file.read(int(length[:-1])))

    def close(self) -> None:
        """Let the connection go; Firefox ends with its process."""
        self._file.close()
        self._socket.close()

    def go(self, address: str) -> None:
        """Open an address."""
        self.do("WebDriver:Navigate", url=address)

    def ask(self, script: str, *given: object) -> Any:  # noqa: ANN401
        """Return what the body of a function returns in the page; None while there is none."""
        try:
            return self.do("WebDriver:ExecuteScript", script=script, args=list(given))
        except Refused:
            return None

    def press(self, key: str) -> None:
        """Press a key, or several joined by `+`, and let go."""
        values = [KEYS.get(each, each) for each in key.split("+")]
        steps = [{"type": "keyDown", "value": value} for value in values]
        steps += [{"type": "keyUp", "value": value} for value in reversed(values)]
        keyboard = {"type": "key", "id": "keyboard", "actions": steps}
        self.do("WebDriver:PerformActions", actions=[keyboard])


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Run a Firefox without a screen, with a new profile in `profile`."""
    profile.mkdir()
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(is_)});" for name, is_ in PREFERENCES.items()
    ]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603  Debian's
        [PROGRAM, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
        env={"PATH": os.defpath, "HOME": str(profile), "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with closing(Firefox(port_in(profile / "MarionetteActivePort", process))) as window:
            yield window
    finally:
        process.terminate()
        process.wait(PATIENCE)


def port_in(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that Firefox has written down."""
    deadline = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text().strip()):
        assert process.poll() is None, "Firefox has ended"
        assert time.monotonic() < deadline, "Firefox does not come up"
        time.sleep(0.05)
    return int(file.read_text())
