"""The operator's command line, called as an operator calls it: a process of its own."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

ROOT = Path(__file__).parents[3]  # of the checkout: where `services` is found


DOWN = 3  # the exit code when a server does not answer


class CommandFailed(Exception):
    """A command ended with an error; the text is what it said."""

    def __init__(self, command: str, code: int, said: str) -> None:
        """Keep the exit code."""
        super().__init__(f"scanpass {command}: exit code {code}\n{said}".rstrip())
        self.code = code


@dataclass(frozen=True)
class Scanpass:
    """Calls `scanpass` with an environment of its own."""

    variables: dict[str, str]
    checkout: Path = ROOT  # whose code is run

    def __call__(self, *arguments: str) -> str:
        """Return what the command prints.

        Raises:
            CommandFailed: it ended with an error.

        """
        (printed,) = self.together([arguments])
        return printed

    def together(self, commands: Iterable[Sequence[str]]) -> list[str]:
        """Run several at the same time, and return what each prints.

        Whatever interrupts the waiting ends them first.

        Raises:
            CommandFailed: one ended with an error.

        """
        started = [(command, self._start(command)) for command in commands]
        try:
            return [self._ended(command, process) for command, process in started]
        finally:
            for _, process in started:
                if process.poll() is None:
                    process.terminate()
                with process:  # closes its pipes, and waits for it
                    pass

    def _start(self, arguments: Sequence[str]) -> Popen[str]:
        return Popen(  # noqa: S603  our own command line
            [sys.executable, "-m", "services.ops", *arguments],
            cwd=self.checkout,
            env=clean(os.environ) | self.variables,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )

    def _ended(self, arguments: Sequence[str], process: Popen[str]) -> str:
        printed, complaint = process.communicate()
        if process.returncode:
            said = (complaint or printed).strip()
            raise CommandFailed(arguments[0], process.returncode, said)
        return printed

    def asked(self, *arguments: str) -> Any:  # noqa: ANN401  whatever the command's JSON is
        """Return the JSON that the command prints.

        Raises:
            CommandFailed: it ended with an error.

        """
        return json.loads(self(*arguments, "--json"))


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` without what was meant for other servers."""
    return {key: value for key, value in environment.items() if not key.startswith("SCANPASS_")}
