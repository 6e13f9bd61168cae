"""judging.doors: a way in that does not work, or works for somebody else, is found."""

import pytest

from tests.judging.doors import Doors, kept

PORTAL, KEY, CODE = "https://portal.example", "k" * 32, "92QM-7F3K-C"
RECORD, TO = "a record", "jan@patients.example"
GOOD = f"New images: {PORTAL}/c#{CODE} or type {CODE}, reference 7F3K-92"


def doors(
    *, record: str = RECORD, to: str = TO, lasts: bool = True, claimed: bool = False
) -> Doors:
    row = {"record": record, "address": to, "lasts": lasts}
    return Doors(PORTAL, KEY, {kept(KEY, CODE): row}, frozenset({RECORD} if claimed else ()))


def found(text: str, known: Doors) -> list[str]:
    return list(known.of_message("north/1.2", RECORD, TO, text))


def test_a_code_that_works_is_good() -> None:
    """Shown twice it is one code; the reference is none."""
    assert found(GOOD, doors()) == []
    assert found(GOOD, doors(claimed=True)) == []  # it was sent before the claim


def test_who_has_claimed_needs_no_code() -> None:
    """But a link to what they know; and nobody else goes without."""
    text = f"New images: {PORTAL}/scans"
    assert found(text, doors(claimed=True)) == []
    assert found(text, doors())
    assert found("New images", doors(claimed=True))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (GOOD.replace(CODE, ""), doors()),
        (GOOD.replace(CODE, "0000-0000-0"), doors()),
        (f"{GOOD} 0000-0000-0", doors()),
        (GOOD.replace(PORTAL, "https://elsewhere.example"), doors()),
        (GOOD, doors(record="another")),
        (GOOD, doors(to="somebody@else.example")),
        (GOOD, doors(lasts=False)),
        (GOOD, Doors(PORTAL, "another key", doors().invitations, frozenset())),
    ],
)
def test_a_code_that_does_not_is_found(text: str, known: Doors) -> None:
    """Missing, made up, two of them, elsewhere, another's, too old, under another key."""
    assert len(found(text, known)) == 1
