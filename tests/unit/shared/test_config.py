"""shared.config: read once, frozen; a wrong variable is named in one line, and never quoted."""

import pytest
from pydantic import ValidationError

from shared.config import DatabaseSettings, ServiceSettings, StorageSettings, read


class Settings(ServiceSettings, StorageSettings, DatabaseSettings):
    """What a service with every edge has."""


GOOD = {
    "SCANPASS_AMQP_URL": "amqp://u:hunter2@h/",
    "SCANPASS_S3_ENDPOINT": "http://h:1",
    "SCANPASS_S3_ACCESS_KEY": "hunter2",
    "SCANPASS_S3_SECRET_KEY": "hunter2",
    "SCANPASS_DATABASE_URL": "postgresql://u:hunter2@h/d",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_secrets_hide() -> None:
    """`repr` of the settings may reach a log."""
    settings = read(Settings)
    assert settings.amqp_url.get_secret_value() == "amqp://u:hunter2@h/"
    assert "hunter2" not in repr(settings)


def test_settings_are_frozen() -> None:
    """They are read once."""
    settings = read(Settings)
    with pytest.raises(ValidationError):
        settings.log_level = "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SCANPASS_AMQP_URL", None, "is not set"),
        ("SCANPASS_AMQP_URL", "http://u:hunter2@h/", "not an AMQP URL"),
        ("SCANPASS_DATABASE_URL", "u:hunter2@h", "not a PostgreSQL URL"),
        ("SCANPASS_S3_ENDPOINT", "hunter2:9000", "is wrong"),
        ("SCANPASS_LOG_LEVEL", "hunter2", "is wrong"),
        ("SCANPASS_PROBE_PORT", "70000", "is wrong"),
        ("SCANPASS_DRAIN_SECONDS", "0", "is wrong"),
    ],
)
def test_a_wrong_variable_is_named_with_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str | None,
    said: str,
) -> None:
    """One line, exit code 2, and the value is not in it: it may be a secret."""
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        read(Settings)
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert line.startswith(f"{name} {said}" if said.startswith("is") else f"{name} is wrong")
    assert said in line
    assert "Set it to: " in line
    assert "hunter2" not in line


def test_every_setting_says_what_it_is_for() -> None:
    """The documentation is made from it."""
    assert all(field.description for field in Settings.model_fields.values())
