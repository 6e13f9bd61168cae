"""The runbook speaks of commands that are there, and says of each page who runs it."""

import re
import shlex

import typer.main

from services.ops.__main__ import program
from tests.k8s.promql import PAGES

COMMANDS = re.compile(r"`(scanpass [^`]+)`")


def test_every_command_is_one_of_scanpass() -> None:
    """An operator at night is not sent to a command that does not exist."""
    found = COMMANDS.findall(PAGES.read_text())
    assert len(found) > 20
    assert [each for each in found if not known(each)] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    """The check can fail."""
    assert not known("scanpass dead bury ID")
    assert not known("scanpass status --loudly")


def test_every_page_says_who_runs_it() -> None:
    """What no test has done is marked so."""
    _, *pages = PAGES.read_text().split("\n## ")
    assert [each.splitlines()[0] for each in pages if "**Run by** " not in each] == []


def known(command: str) -> bool:
    """Say whether the command line has this command and its options."""
    place = typer.main.get_command(program([]))
    words = shlex.split(command)[1:]
    while words and hasattr(place, "commands"):
        if words[0] not in place.commands:
            return False
        place = place.commands[words.pop(0)]
    options = {name for parameter in place.params for name in parameter.opts}
    return all(word in options for word in words if word.startswith("--"))
