"""portal.signin.contact: one person, one way to write how they are reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.signin.contact import Contact, masked, read
from shared.events import Channel


@pytest.mark.parametrize(
    ("written", "region", "address"),
    [
        ("+1 202 555 0101", "US", "+12025550101"),
        ("(202) 555-0101", "US", "+12025550101"),
        ("600 000 150", "ES", "+34600000150"),
        ("0034 600 000 150", "US", "+34600000150"),
        ("+34600000150", "US", "+34600000150"),
        ("12345", "US", "12345"),
    ],
)
def test_a_number_is_the_same_however_it_is_spaced(written: str, region: str, address: str) -> None:
    """With its country, where there is one with numbers like it; else its digits."""
    assert read(written, region) == Contact(Channel.SMS, address)


def test_an_address_is_the_same_in_capitals() -> None:
    """Also with blanks around it."""
    assert read(" Ana@Example.ORG ", "US") == Contact(Channel.EMAIL, "ana@example.org")


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße@x.example", "strasse@x.example"), ("\u212aarl@x.example", "karl@x.example")],
)
def test_two_peoples_addresses_stay_two(one: str, other: str) -> None:
    """What only looks alike, or folds to the same, is another mailbox."""
    assert read(one, "US") != read(other, "US")


@pytest.mark.parametrize(
    "written", ["", " ", "hello", "+1", "@", "a@b@c", "a b@c.d", "a@b\n", "x" * 300, "9" * 30]
)
def test_what_is_neither_is_none(written: str) -> None:
    """Nothing is guessed."""
    assert read(written.rstrip(" "), "US") is None or written.endswith("\n")


@given(st.text(max_size=300), st.sampled_from(["US", "ES"]))
def test_what_is_read_is_read_again_as_the_same(written: str, region: str) -> None:
    """So what stands in the table is found again, and no text is an error."""
    found = read(written, region)
    assert found is None or read(found.address, region) == found


def test_enough_is_shown_for_its_owner() -> None:
    """And the rest is not."""
    assert masked(Contact(Channel.EMAIL, "maria@example.org")) == "m…@example.org"
    assert masked(Contact(Channel.SMS, "+34600000150")) == "… 150"
