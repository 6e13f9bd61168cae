"""Letters: each to its addressee alone, and without what no letter may say."""

from collections.abc import Callable

from tests.canary.acting import Play
from tests.judging.mailbox import read_messages

# What a letter may hold of its own addressee; of María also what a share's letter says.
MAY = frozenset({"name", "address", "number", "code", "token"})
NEVER = frozenset(
    {"record number", "birth date", "free text", "number of an order", "key", "typed"}
)


def misdirected(play: Play, say: Callable[[str], None]) -> int:
    """Return how many letters say what is not their addressee's to read."""
    whose = {play.address: "maria", play.otto.telecom[1]: "otto", play.doctors: "doctor"}
    wrong = 0
    messages = read_messages(play.stage.folder / "post")
    for each in messages:
        owner = whose.get(each.to, "helper")
        for bird in play.flock.hits(each.text.encode()):
            named = owner in {"doctor", "helper"} and (bird.kind, bird.whose) == ("name", "maria")
            if bird.kind in NEVER or (bird.whose != owner and not named):
                say(f"    {bird.kind} of {bird.whose} in a letter to {owner}")
                wrong += 1
    say(f"letters: {wrong} hits in {len(messages)} letters")
    return wrong
