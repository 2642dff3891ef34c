"""Settings of notifications, besides those of every service."""

from __future__ import annotations

from email.utils import parseaddr

from pydantic import Field, SecretStr, field_validator

from shared.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    smtp_url: SecretStr = Field(
        SecretStr("smtp://127.0.0.1:1025"),
        description="Where mail is handed over: smtp://host[:25], smtp://user:password@host[:587] (then STARTTLS is "
        "demanded) or smtps://user:password@host[:465].",
    )
    smtp_connections: int = Field(8, ge=1, le=100, description="Connections to the mail server a worker may hold.")
    smtp_timeout: float = Field(30.0, gt=0, description="Seconds the mail server has for each answer.")
    mail_from: str = Field("care@kept.localhost", description="The address messages come from and are answered to.")
    mail_plus: bool = Field(
        False,
        description="Whether mail to care+anything@example.com reaches KEPT_MAIL_FROM: then answers carry their case "
        "in the address too.",
    )
    signature: str = Field("Kept", min_length=1, max_length=100, description="The name messages are signed with.")
    no_address_grace: float = Field(
        30.0, ge=0, description="Seconds a message waits for an address to become known before it is suppressed."
    )
    retry_after: tuple[float, ...] = Field(
        (5, 30, 120, 600, 3600, 10800),
        description="Seconds between one attempt and the next, as a JSON list. After the last the message has failed, "
        "or is unknown where it may have left.",
    )
    sending_timeout: float = Field(
        300.0,
        gt=0,
        description="Seconds after which the worker that was sending a message is taken for dead, more than a sending "
        "can take. Mail is sent again then; of another provider it depends on what it can tell.",
    )
    send_concurrency: int = Field(64, ge=1, le=1000, description="Messages a worker has in its hands at once.")

    automatic_mails_per_hour: int = Field(
        5, ge=1, le=1000, description="Automatic acknowledgements that one address gets in an hour at most."
    )
    automatic_mails_per_day: int = Field(
        10,
        ge=1,
        le=1000,
        description="And in a day: what strangers write in somebody's name floods nobody. Warnings are not counted.",
    )

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        name, address = parseaddr(value)
        if name or address != value or not address.rpartition("@")[0] or not address.isascii():
            raise ValueError("KEPT_MAIL_FROM is one plain address, e.g. care@example.com")
        return value

    @property
    def mail_domain(self) -> str:
        return self.mail_from.rpartition("@")[2]
