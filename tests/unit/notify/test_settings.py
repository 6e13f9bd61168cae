"""notify.settings: read once, and what is wrong is named."""

import pytest

from services.notify.settings import Settings
from shared import config

GIVEN = {
    "AMQP_URL": "amqp://notify:x@localhost:5672/",
    "DATABASE_URL": "postgresql://scanpass_notify:x@localhost/scanpass",
    "SMTP_URL": "smtps://u:very-secret@mail.example",
    "MAIL_FROM": "Letters <letters@scanpass.example>",
    "SMS_GATEWAY_URL": "https://gateway.example/messages",
    "SMS_GATEWAY_TOKEN": "very-secret",
    "PORTAL_URL": "https://portal.example",
    "CODE_KEY": "very-secret, and 32 characters long",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"SCANPASS_{name}", value)
    return monkeypatch


def test_the_environment_is_read(environment: pytest.MonkeyPatch) -> None:
    """The address is taken out of `Name <address>`, and secrets hide."""
    environment.setenv("SCANPASS_DELIVERY_SECONDS", "0.2")
    settings = config.read(Settings)
    assert settings.mail_from == "letters@scanpass.example"
    assert settings.delivery_seconds == 0.2
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "smtp://u:very-secret@mail.example"),
        ("SMS_GATEWAY_URL", "gateway.example"),
        ("MAIL_FROM", "nobody"),
        ("PORTAL_URL", "portal.example"),
        ("CODE_KEY", "very-secret"),
    ],
)
def test_a_wrong_variable_is_named(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    """One line, with the variable, and without its value."""
    environment.setenv(f"SCANPASS_{name}", value)
    with pytest.raises(SystemExit) as ended:
        config.read(Settings)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"SCANPASS_{name}" in line
    assert "very-secret" not in line
