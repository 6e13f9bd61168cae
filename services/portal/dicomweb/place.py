"""What a path names: a root, and UIDs. What can be none is answered like one that is not there."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path

from services.portal.reading import Hidden
from shared.access import Because

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{sop}"
ME = "me"
UID = re.compile(r"[0-9]+(\.[0-9]+)*")  # PS3.5 §9.1; no \d: it takes digits of every script
ROOT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LONGEST = 64  # characters of a UID


@dataclass(frozen=True, slots=True)
class Place:
    """A study, series or instance under a root: a site, or `me` for all of a person's sites."""

    root: str
    study: str = ""
    series: str = ""
    sop: str = ""

    def __post_init__(self) -> None:
        """Refuse what nobody has stored.

        Raises:
            Hidden: as for what is not there.

        """
        for uid in (self.study, self.series, self.sop):
            if uid and not (len(uid) <= LONGEST and UID.fullmatch(uid)):
                raise Hidden(Because.ABSENT)
        if not ROOT.fullmatch(self.root):
            raise Hidden(Because.ABSENT)


Told = Annotated[str, Path()]

# Asynchronous, for others would each be sent through a thread.


async def of_root(root: Told) -> Place:
    """Return a root."""
    return Place(root)


async def of_study(root: Told, study: Told) -> Place:
    """Return a study."""
    return Place(root, study)


async def of_series(root: Told, study: Told, series: Told) -> Place:
    """Return a series."""
    return Place(root, study, series)


async def of_instance(root: Told, study: Told, series: Told, sop: Told) -> Place:
    """Return an instance."""
    return Place(root, study, series, sop)


Root = Annotated[Place, Depends(of_root)]
Study = Annotated[Place, Depends(of_study)]
Series = Annotated[Place, Depends(of_series)]
Instance = Annotated[Place, Depends(of_instance)]
