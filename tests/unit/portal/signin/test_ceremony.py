"""signin.ceremony: what a passkey's answer must be, and where there are passkeys at all."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from services.portal.signin import ceremony
from services.portal.signin.ceremony import Party, Refused
from tests.fakes.authenticator import PRESENT, VERIFIED, Authenticator, encoded

OURS = Party("scans.example", "https://scans.example")
CHALLENGE = "x" * 43
PERSON = uuid4().bytes


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(OURS.origin)


def added(device: Authenticator, ours: Party = OURS, challenge: str = CHALLENGE) -> ceremony.Key:
    """Return the key that a device has made for us."""
    options = ceremony.to_add(ours, CHALLENGE, PERSON, "Maria", [])
    return ceremony.added(OURS, challenge, device.create(options))


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://scans.example", OURS),
        ("https://Scans.Example:443", OURS),
        ("https://scans.example:8443", Party("scans.example", "https://scans.example:8443")),
        ("http://localhost:8080", Party("localhost", "http://localhost:8080")),
        ("http://scans.example", None),
        ("http://127.0.0.1:8080", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::7]", None),
    ],
)
def test_passkeys_are_for_a_named_host_in_a_secure_context(url: str, ours: Party | None) -> None:
    """Elsewhere no browser has any, so nothing is offered."""
    assert ceremony.party(url) == ours


def test_a_key_that_was_added_signs(device: Authenticator) -> None:
    """Its answer names challenge, key and person, and its signature is good."""
    key = added(device)
    answer = device.get(ceremony.to_sign_in(OURS, CHALLENGE))
    told = ceremony.answered(answer)
    assert (told.challenge, told.credential, told.person) == (CHALLENGE, key.credential, PERSON)
    assert ceremony.signed(OURS, CHALLENGE, key, answer) == 0


def test_the_owner_must_be_asked_and_the_key_must_stay_on_the_device() -> None:
    """By both sets of options; no attestation tells us what device it is."""
    add = json.loads(ceremony.to_add(OURS, CHALLENGE, PERSON, "", [b"known"]))
    assert add["authenticatorSelection"]["userVerification"] == "required"
    assert add["authenticatorSelection"]["residentKey"] == "required"
    assert add["attestation"] == "none"
    assert [each["id"] for each in add["excludeCredentials"]] == [encoded(b"known")]
    sign = json.loads(ceremony.to_sign_in(OURS, CHALLENGE))
    assert (sign["userVerification"], sign["allowCredentials"]) == ("required", [])


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://scans.example.evil.test"},
        {"origin": "http://scans.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
    ids=["another origin", "without TLS", "nobody was asked", "nobody was there"],
)
def test_an_answer_from_elsewhere_is_refused(
    device: Authenticator, lie: dict[str, str | int]
) -> None:
    """When it is added, and when it signs."""
    key = added(device)
    liar = replace(device, **lie)  # type: ignore[arg-type]  # two kinds of fields
    with pytest.raises(Refused):
        added(liar)
    with pytest.raises(Refused):
        ceremony.signed(OURS, CHALLENGE, key, liar.get(ceremony.to_sign_in(OURS, CHALLENGE)))


def test_another_challenge_host_or_key_is_refused(device: Authenticator) -> None:
    """Each by itself."""
    key, other = added(device), Party("other.example", OURS.origin)
    with pytest.raises(Refused):
        added(device, challenge="y" * 43)
    with pytest.raises(Refused):
        added(device, other)
    for ours, challenge, whose in (
        (OURS, "y" * 43, device),
        (other, CHALLENGE, device),
        (OURS, CHALLENGE, Authenticator(OURS.origin, credential=device.credential)),
    ):
        answer = whose.get(ceremony.to_sign_in(ours, CHALLENGE))
        with pytest.raises(Refused):
            ceremony.signed(OURS, challenge, key, answer)


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "7", '{"response": {"clientDataJSON": "e30"}}', "{" * 999]
)
def test_what_is_no_answer_is_refused(answer: str) -> None:
    """And raises nothing else."""
    for reads in (ceremony.answered, ceremony.challenge_of):
        with pytest.raises(Refused):
            reads(answer)
    with pytest.raises(Refused):
        ceremony.added(OURS, CHALLENGE, answer)


@pytest.mark.parametrize(
    ("kept", "told", "is_copied"),
    [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 3, True), (4, 0, True)],
)
def test_a_count_that_does_not_grow_tells_of_a_copy(
    device: Authenticator, kept: int, told: int, *, is_copied: bool
) -> None:
    """Unless the device counts nothing at all."""
    key = replace(added(device), sign_count=kept)
    assert ceremony.copied(key, told) is is_copied
