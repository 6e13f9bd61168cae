"""What a provider says of one of its staff: their name, and whose they are. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class Member:
    """One of staff, as their provider says at this moment."""

    subject: str
    name: str
    sites: frozenset[str]


def mapped(text: str) -> Mapping[str, frozenset[str]]:
    """Return the sites of each group, of `group=site;group=site`; a group may hold `=` itself."""
    pairs = [each.strip().rpartition("=") for each in text.split(";") if each.strip()]
    groups = {group.strip() for group, _, _ in pairs}
    return {
        name: frozenset(site for group, _, site in pairs if group.strip() == name)
        for name in groups
    }


def member(claims: Mapping[str, Any], claim: str, groups: str) -> Member | None:
    """Return who `claims` are of; None where they have no name or are nobody's staff here."""
    said, sites = claims.get(claim), mapped(groups)
    told = [said] if isinstance(said, str) else said
    theirs = [each for each in told if isinstance(each, str)] if isinstance(told, list) else []
    found = frozenset(site for each in theirs for site in sites.get(each, ()))
    name = claims.get("name")
    called = " ".join(name.split())[:NAME] if isinstance(name, str) else ""
    if not found or not called or not called.isprintable():
        return None
    return Member(str(claims["sub"]), called, found)
