"""Intake's settings. Each is an environment variable with the prefix `KEPT_`."""

from __future__ import annotations

from pydantic import Field, IPvAnyNetwork

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
    mailbox_from_start: bool = Field(
        False, description="A mailbox that is new here is read from its first mail, not from now on."
    )
