"""Settings every service has. Each is an environment variable with the prefix `KEPT_`."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KEPT_", extra="ignore", frozen=True)

    database_url: str = Field(description="The service's own database: postgresql+asyncpg://user:password@host/name.")
    broker: str = Field(
        description="kafka://host:9092[,host:9092][?partitions=12&replicas=3&prefix=test.&silence=10], or local."
    )
    local_broker_url: str | None = Field(None, description="The database of the local broker, where broker is local.")
    secret_key: SecretStr = Field(
        min_length=32,
        description="Signs tokens, sessions and links and encrypts channel secrets. The same for all four services.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8080",
        description="Where customers and providers reach us: the origin in links, and what Twilio signs.",
    )
    default_zone: str = Field("Asia/Ho_Chi_Minh", description="IANA time zone where a customer's is not known.")
    default_language: str = Field("vi", description="Language (vi or en) where a customer's is not known.")
    otlp_endpoint: str | None = Field(None, description="OpenTelemetry collector, e.g. http://collector:4318.")
    log_json: bool = Field(True, description="Logs as JSON lines; false for people.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    pool_size: int = Field(10, ge=2, description="Database connections a process may hold.")
    inbox_days: int = Field(
        30, ge=1, description="Days for which an event is known again. Longer than the broker keeps its records."
    )
    stale_after: float = Field(
        60.0,
        description="Seconds without progress (consumer, relay, timers) after which the service is not ready.",
    )

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, so that a leak of one says nothing of another (HKDF, RFC 5869)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"kept/{purpose}".encode())
        return kdf.derive(self.secret_key.get_secret_value().encode())
