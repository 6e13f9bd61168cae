"""The canary's own eyes: what is planted is seen in every form, and what is not planted is not."""

import base64
import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.canary.birds import Flock, born, number, secret


@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.upper().encode("latin-1"),
        lambda text: text.encode("utf-16-le"),
        lambda text: json.dumps(text).encode(),
        lambda text: quote(text).encode(),
        lambda text: text.encode().hex().encode(),
        *(lambda text, n=n: base64.b64encode(b"abc"[:n] + text.encode()) for n in range(3)),
    ],
)
def test_a_name_is_seen_however_it_is_written(encode):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201  lambdas
    """In any case and encoding, in the middle of other bytes."""
    flock = Flock.empty()
    name = flock.name("maria", "Ñu'", "-Ð")
    assert flock.hits(b"\x00 name=" + encode(name.replace("Ð", "x")) + b"\xff")
    assert not flock.hits(encode("Ñu'Bcdfghjkmn-x"))
    assert not flock.hits(encode(name.replace("Ð", "x")), but=frozenset({"name"}))


@pytest.mark.parametrize(
    "text",
    ["19310702", "1931-07-02", "02.07.1931", "July 2, 1931", "2 de julio de 1931", "07/02/1931"],
)
def test_a_birth_date_is_seen_as_people_write_it(text: str) -> None:
    """And not within a longer number."""
    bird = born("maria", date(1931, 7, 2))
    assert bird.seen(f" born {text}.".encode(), b"")
    assert not bird.seen(b"1.2.819310702", b"")


def test_a_number_is_seen_together_and_in_groups() -> None:
    """With or without what stands before it."""
    bird = number("otto", "+12025550147")
    for text in (b"+12025550147", b"(202) 555-0147", b"202.555.0147"):
        assert bird.seen(text, b"")
    assert not bird.seen(b"202 555 0148", b"")


def test_a_code_is_seen_with_and_without_dashes() -> None:
    """A token only as it is: its own dashes are part of it."""
    bird = secret("code", "maria", "7F3K-92QM-C")
    assert bird.seen(b"7F3K92QMC", b"")
    assert bird.seen(b"code=7F3K-92QM-C", b"")
    token = secret("token", "maria", "a-" * 21)
    assert token.exact == (("a-" * 21).encode(),)


def test_who_looks_knows_nothing_of_the_product() -> None:
    """Only the portal with the fault is the product's own."""
    folder = Path(__file__).parents[2] / "canary"
    for path in folder.glob("*.py"):
        if path.name != "planted.py":
            text = path.read_text()
            assert not re.search(r"^(from|import) (services|shared)\b", text, re.MULTILINE), path
