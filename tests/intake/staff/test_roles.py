"""Roles and the scopes they give."""

from __future__ import annotations

from services.host.registry import SCOPES
from services.intake.staff.roles import POWERS, SERVICES, Role, scopes_of


def test_an_admin_may_everything_that_a_token_can_be_given() -> None:
    assert scopes_of([Role.ADMIN]) == set(SCOPES) - {"*"}


def test_every_scope_of_a_role_is_one_that_there_is() -> None:
    assert set().union(*(power.scopes for power in POWERS.values())) <= set(SCOPES) - {"*"}
    assert list(POWERS) == list(Role)


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    assert scopes_of([Role.AUDITOR]) == {f"{service}:read" for service in SERVICES}


def test_a_partner_sees_nobody_until_customers_name_their_partner() -> None:
    assert scopes_of([Role.PARTNER]) == set()


def test_roles_add_up_and_one_that_a_tenant_made_gives_nothing_here() -> None:
    assert scopes_of(["owner"]) == set()
    assert scopes_of(["owner", Role.AUDITOR, Role.AGENT]) == scopes_of([Role.AGENT])
    assert scopes_of([Role.LEAD]) == scopes_of([Role.AGENT]) < scopes_of([Role.MANAGER]) < scopes_of([Role.ADMIN])
