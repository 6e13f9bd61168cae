"""services.portal.settings: a provider of identities is configured whole, or not at all."""

import pytest

from services.portal.settings import Settings
from services.portal.signin.identity import Provider
from shared import config

GIVEN = {
    "AMQP_URL": "amqp://guest:guest@localhost/",
    "DATABASE_URL": "postgresql://portal@localhost/scanpass",
    "S3_ENDPOINT": "http://localhost:1",
    "S3_ACCESS_KEY": "x",
    "S3_SECRET_KEY": "x",
    "PORTAL_URL": "https://scans.example",
    "VIEWER_URL": "https://view.example",
    "CODE_KEY": "x" * 32,
}
WHOLE = {
    "IDENTITY_ISSUER": "https://id.example/realms/one",
    "IDENTITY_NAME": "Example ID",
    "IDENTITY_CLIENT": "scanpass",
}


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"SCANPASS_{name}", value)


def test_without_a_provider_there_is_none() -> None:
    """Which is the default."""
    assert Provider.of(config.read(Settings)) is None


def test_a_whole_one_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without a secret."""
    for name, value in WHOLE.items():
        monkeypatch.setenv(f"SCANPASS_{name}", value)
    provider = Provider.of(config.read(Settings))
    assert provider is not None
    assert provider.issuer == WHOLE["IDENTITY_ISSUER"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"IDENTITY_NAME": ""}, "IDENTITY_NAME"),
        ({"IDENTITY_CLIENT": ""}, "IDENTITY_CLIENT"),
        ({"IDENTITY_ISSUER": ""}, "IDENTITY_NAME"),
        ({"IDENTITY_ISSUER": "http://id.example"}, "IDENTITY_ISSUER"),
        ({"IDENTITY_ISSUER": "http://localhost.evil.example"}, "IDENTITY_ISSUER"),
        ({"IDENTITY_ISSUER": "https://id.example?x"}, "IDENTITY_ISSUER"),
    ],
    ids=str,
)
def test_what_is_missing_or_unsafe_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: dict[str, str],
    named: str,
) -> None:
    """The process does not start, and says which variable it is."""
    for name, value in (WHOLE | wrong).items():
        monkeypatch.setenv(f"SCANPASS_{name}", value)
    with pytest.raises(SystemExit):
        config.read(Settings)
    assert f"SCANPASS_{named}" in capsys.readouterr().err
