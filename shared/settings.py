"""Settings every service has. Each is an environment variable with the prefix `KEPT_`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.instants import known_zone

SHORTEST_KEY = 32
"""Characters of a secret key."""


class BadSetting(ValueError):
    """A setting that cannot be used as it stands; the message names it, and not its value: that may be secret."""


class PublicSettings(BaseSettings):
    """Settings of every process that answers people: the services, the front, the mailbox."""

    model_config = SettingsConfigDict(env_prefix="KEPT_", extra="ignore", frozen=True, hide_input_in_errors=True)

    public_url: str = Field(
        "http://127.0.0.1:8080",
        description="Where customers and providers reach us: the origin in links, and what Twilio signs.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names by which we are reached beside that of KEPT_PUBLIC_URL, with commas or spaces between them. "
        "A request to any other name is refused.",
    )
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="The OpenID provider with which our people sign in, as it names itself: https://login.example.com.",
    )

    default_zone: str = Field("Asia/Ho_Chi_Minh", description="IANA time zone where a customer's is not known.")
    default_language: str = Field("vi", description="Language (vi or en) where a customer's is not known.")

    @field_validator("default_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        return known_zone(value)

    @property
    def hosts(self) -> list[str]:
        return _listed(self.allowed_hosts)

    @property
    def is_secure(self) -> bool:
        """True where people reach us by https."""
        return self.public_url.lower().startswith("https://")


class ServiceSettings(PublicSettings):
    sessions_file: Path | None = Field(
        None,
        description="The file in which closed sessions stand. One for all services; intake and commands write it. "
        "Without it logging out, other roles and being deactivated end a session in intake's own process alone.",
    )
    database_url: str = Field(description="The service's own database: postgresql+asyncpg://user:password@host/name.")
    broker: str = Field(
        description="kafka://host:9092[,host:9092][?partitions=12&replicas=3&prefix=test.&silence=10], or local."
    )
    local_broker_url: str | None = Field(None, description="The database of the local broker, where broker is local.")
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs tokens, sessions and links and encrypts channel secrets. The same for all four services.",
    )
    secret_keys: SecretStr | None = Field(
        None,
        description="Several such keys, as a JSON list or with commas or spaces between them: the first signs and "
        "encrypts, all of them, and KEPT_SECRET_KEY, verify and decrypt. So a key is changed without a gap.",
    )
    promise_link_days: int = Field(90, ge=1, description="Days for which a customer's link to a promise works.")
    otlp_endpoint: str | None = Field(None, description="OpenTelemetry collector, e.g. http://collector:4318.")
    docs: bool = Field(True, description="Whether the API's description and its page (/intake/docs) are served.")
    log_json: bool = Field(True, description="Logs as JSON lines; false for people.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    pool_size: int = Field(
        10, ge=2, description="Database connections a process may hold; a worker has one more, on which it hears."
    )
    unverified_bytes: int = Field(
        128 * 1024 * 1024,
        ge=96 * 1024 * 1024,
        description="Bytes of requests a process takes in at once before it knows who sent them. Over it a sender is "
        "told to come again.",
    )
    inbox_days: int = Field(
        30, ge=1, description="Days for which an event is known again. Longer than the broker keeps its records."
    )
    stale_after: float = Field(
        60.0,
        description="Seconds without progress (consumer, relay, timers) after which the service is not ready.",
    )

    @field_validator("secret_keys", "allowed_hosts")
    @classmethod
    def _is_a_list(cls, value: SecretStr | str | None) -> SecretStr | str | None:
        try:
            _listed(value.get_secret_value() if isinstance(value, SecretStr) else value or "")
        except ValueError:
            raise ValueError("begins as a JSON list and is none of texts") from None
        return value

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if not self.keys or min(map(len, self.keys)) < SHORTEST_KEY:
            raise ValueError(
                f"KEPT_SECRET_KEY or KEPT_SECRET_KEYS is needed, of {SHORTEST_KEY} characters or more each"
            )
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The secret keys, each once: the one that signs, then the others that are still good."""
        several = _listed(self.secret_keys.get_secret_value()) if self.secret_keys else []
        alone = [self.secret_key.get_secret_value()] if self.secret_key else []
        return tuple(dict.fromkeys([*several, *alone]))

    def derive(self, purpose: str) -> bytes:
        """The key that signs for one purpose: the first of `derive_all`."""
        return self.derive_all(purpose)[0]

    def derive_all(self, purpose: str) -> tuple[bytes, ...]:
        """Keys of 32 bytes for one purpose, so that a leak of one says nothing of another (HKDF, RFC 5869).

        One of each secret key, in their order: the first signs, all verify.
        """
        return tuple(_derived(key, purpose) for key in self.keys)


def _listed(said: str) -> list[str]:
    """The entries of a list. Raises ValueError for what begins as one of JSON and is none of texts."""
    if not said.lstrip().startswith("["):
        return said.replace(",", " ").split()
    found = json.loads(said)
    if not all(isinstance(one, str) for one in found):
        raise ValueError("a list of texts is needed")
    return list(found)


@cache
def _derived(key: str, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"kept/{purpose}".encode())
    return kdf.derive(key.encode())
