"""What notify reads from the environment."""

from email.utils import parseaddr

from pydantic import Field, SecretStr, field_validator

from services.notify.channels import email, sms
from shared.config import DatabaseSettings, PortalSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings, PortalSettings):
    """The settings of notify."""

    smtp_url: SecretStr = Field(
        description="Mail server: `smtp://host:port`, `smtps://user:password@host` or"
        " `starttls://user:password@host`.",
    )
    mail_from: str = Field(description="Address that letters come from.")
    sms_gateway_url: str = Field(
        description="Where text messages are posted as JSON {to, text, id}: `https://host/path`."
    )
    sms_gateway_token: SecretStr = Field(description="Bearer token of the gateway.")
    delivery_seconds: float = Field(
        default=1.0, gt=0, description="Seconds between two looks for letters that are due."
    )

    digest_quiet_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="A digest of older studies is sent when none was added for so many seconds.",
    )
    digest_longest_seconds: float = Field(
        default=86400.0, gt=0, description="Seconds after its first study, a digest is sent anyway."
    )

    @field_validator("smtp_url")
    @classmethod
    def smtp_url_is_one(cls, url: SecretStr) -> SecretStr:
        """Refuse what `email.server` cannot read."""
        email.server(url.get_secret_value())
        return url

    @field_validator("sms_gateway_url")
    @classmethod
    def gateway_url_is_one(cls, url: str) -> str:
        """Refuse what `sms.gateway` cannot read."""
        sms.gateway(url)
        return url

    @field_validator("mail_from")
    @classmethod
    def mail_from_is_an_address(cls, written: str) -> str:
        """Keep the address of `Name <address>`: the name is the site's."""
        _, address = parseaddr(written)
        if not email.ADDRESS.fullmatch(address):
            msg = "must be an address"
            raise ValueError(msg)
        return address
