"""What census does with one available study."""

from collections import Counter
from collections.abc import Iterable

from shared.events import Event, StudyAvailable


def count(
    event: StudyAvailable, seen: set[tuple[str, str]], studies: Counter[str]
) -> Iterable[Event]:
    """Count the study once, however often and in how many revisions it is told."""
    if (event.site, event.study_uid) not in seen:
        seen.add((event.site, event.study_uid))
        studies[event.site] += 1
    return ()
