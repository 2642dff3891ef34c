"""Intake's settings. Each is an environment variable with the prefix `KEPT_`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, IPvAnyNetwork, SecretStr, model_validator

from services.intake.staff.roles import Role
from shared.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    default_region: str = Field(
        "VN", min_length=2, max_length=2, description="ISO 3166 country of phone numbers written without one."
    )
    default_owner: str = Field(
        "front-desk", min_length=1, description="Who answers for a case that nobody was assigned to yet."
    )
    raw_batch: int = Field(500, ge=1, description="Raw requests the worker turns into events in one transaction.")
    raw_batch_bytes: int = Field(
        32 * 1024 * 1024, ge=1, description="And how many bytes of them at most; one request always fits."
    )
    call_grace: float = Field(
        10.0, ge=0, description="Seconds after a hangup in which the call's earlier events may still come in."
    )
    rejoin_days: int = Field(
        14, ge=0, description="Days after its end in which an answer opens a case again, and thanks alone join it."
    )
    trusted_authserv: list[str] = Field(
        default_factory=list,
        description="Names of our own mail servers as they stand first in the Authentication-Results that they write, "
        'e.g. ["mx.example.com"]; such a server takes fields of that name out of what comes in (RFC 8601, 5).',
    )
    outbound_networks: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description='Private networks that attachments may be fetched from all the same, e.g. ["10.1.0.0/16"].',
    )
    attachment_limit: int = Field(25 * 1024 * 1024, ge=0, description="Bytes of an attachment that are kept at most.")
    attachment_types: list[str] = Field(
        default_factory=lambda: ["image/*", "audio/*", "video/*", "text/plain", "text/csv", "application/pdf"],
        description="Content types that are fetched; `image/*` stands for all images.",
    )
    mailbox_poll: float = Field(
        30.0, gt=0, description="Seconds between looks into a mailbox whose server cannot tell of new mail (IDLE)."
    )
    oidc_client_id: str = Field("", description="The name by which the OpenID provider knows this installation.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="The secret beside that name, where the provider demands one."
    )
    oidc_scope: str = Field("openid email profile", description="What the OpenID provider is asked for.")
    oidc_groups_claim: str = Field("groups", description="The claim that holds the groups of whoever signs in.")
    oidc_roles: dict[str, Role] = Field(
        default_factory=dict,
        description='Roles by group, as JSON, e.g. {"kept-agents": "agent"}: whoever is in none does not come in. '
        "Without it, people come in whom an admin has added, with the roles they were given.",
    )
    mailbox_from_start: bool = Field(
        False, description="A mailbox that is new here is read from its first mail, not from now on."
    )

    @model_validator(mode="after")
    def _can_ask_the_provider(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("KEPT_OIDC_CLIENT_ID is needed beside KEPT_OIDC_ISSUER")
        return self
