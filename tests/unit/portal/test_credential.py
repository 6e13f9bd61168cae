"""portal.credential: a program's secret is read out of a header, and nothing else is."""

from base64 import b64encode

import pytest

from services.portal.credential import of_header
from services.portal.facts import Credential
from shared.access import codes

SECRET = "s" * 43
FOUND = Credential(client=codes.hashed(SECRET))


def basic(told: bytes) -> str:
    """Return what a client sends that asks for a user and a password."""
    return "Basic " + b64encode(told).decode()


@pytest.mark.parametrize(
    ("said", "credential"),
    [
        (f"Bearer {SECRET}", FOUND),
        (f"bearer  {SECRET} ", FOUND),
        (basic(f"maria:{SECRET}".encode()), FOUND),
        (basic(f":{SECRET}".encode()), FOUND),
        (basic(SECRET.encode()), Credential()),
        (basic("maria:ñ".encode()), Credential()),
        ("Basic ***", Credential()),
        ("Basic", Credential()),
        ("Bearer", Credential()),
        ("Bearer " + "s" * 65, Credential()),
        (f"Digest {SECRET}", Credential()),
        (SECRET, Credential()),
        ("", Credential()),
    ],
)
def test_the_table(said: str, credential: Credential) -> None:
    """Whatever it is, it is neither a session nor a viewing."""
    assert of_header(said) == credential
