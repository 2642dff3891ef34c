"""What can be known of the containers without starting one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from services.commitments.tasks import page as task_page
from services.host import registry
from services.host.protocol import MOST_HEAD
from services.host.remote import ROLES
from services.intake.channels.registry import providers
from shared import bodies
from shared.broker.connect import connect
from shared.security.customer_links import PATHS, SESSION_PATH
from shared.telemetry import LAG, OUTBOX_AGE, PARKED, REQUESTS, TIMERS_LAG

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = [f"{name}-{role}" for name in registry.NAMES for role in ROLES]
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?+])?")


def is_job(service: dict[str, Any]) -> bool:
    return "migrate" in service.get("command", [])


def default_of(value: str) -> str:
    """`${NAME:-default}` as it stands with nothing set."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?[^}]*\}", lambda found: found[1] or "", value)


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for child in node.values():
            yield from texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)
    elif isinstance(node, str):
        yield node


def test_each_service_has_both_roles_and_a_migration_before_them() -> None:
    for name in registry.NAMES:
        assert SERVICES[f"{name}-migrate"]["command"] == ["kept", "migrate", name]
        for role in ROLES:
            one = SERVICES[f"{name}-{role}"]
            assert one["command"][:5] == ["kept", "serve", name, "--role", role]
            assert one["depends_on"][f"{name}-migrate"] == {"condition": "service_completed_successfully"}


def test_an_api_starts_without_the_broker() -> None:
    assert all("kafka" not in SERVICES[f"{name}-api"]["depends_on"] for name in registry.NAMES)


def test_all_that_stays_is_watched_and_comes_back() -> None:
    for name, service in SERVICES.items():
        if is_job(service):
            assert service["healthcheck"] == {"disable": True}, name
            continue
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name
        assert service["stop_grace_period"], name


def test_a_health_check_asks_its_own_service() -> None:
    for name in OWN:
        assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "answers", f"/{name.partition('-')[0]}/ready"]


def test_nothing_is_published_but_the_gateway_and_that_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["gateway"]
    assert default_of(published["gateway"][0]) == "127.0.0.1:8080:8080"
    assert not any("network_mode" in service or "privileged" in service for service in SERVICES.values())


def test_what_is_ours_runs_without_rights() -> None:
    for name, service in SERVICES.items():
        if service["image"].startswith("kept:"):
            assert service["cap_drop"] == ["ALL"], name
            assert service["read_only"] is True, name
            assert "user" not in service, "the image says who it runs as"
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["kept"]
    assert "--require-hashes" in dockerfile


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_setting_named_is_one(name: str) -> None:
    fields = {f"KEPT_{field.upper()}" for field in registry.find(name).settings.model_fields}
    for role in ("migrate", *ROLES):
        given = {key for key in SERVICES[f"{name}-{role}"]["environment"] if key.startswith("KEPT_")}
        assert given <= fields, given - fields
        assert {"KEPT_DATABASE_URL", "KEPT_BROKER", "KEPT_SECRET_KEY", "KEPT_PUBLIC_URL"} <= given


BY_COMPOSE = {"KEPT_DATABASE_URL", "KEPT_SESSIONS_FILE"}
"""Where a service's database and the services' common file are inside is nobody else's to say."""


@pytest.mark.parametrize("name", registry.NAMES)
def test_every_setting_has_a_way_in(name: str) -> None:
    """By .env, where the example names it with its sentence; but those that Compose itself decides."""
    example = (DEPLOY / ".env.example").read_text()
    told = set(re.findall(r"^#?(\w+)=", example, re.MULTILINE))
    for field in registry.find(name).settings.model_fields:
        variable = f"KEPT_{field.upper()}"
        if variable == "KEPT_LOCAL_BROKER_URL":  # there is a Kafka
            continue
        for role in ("migrate", *ROLES):
            environment = SERVICES[f"{name}-{role}"]["environment"]
            assert variable in environment, f"{role}: {variable}"
            value = environment[variable]
            assert variable in BY_COMPOSE or value is None or f"${{{variable}" in value, variable
        if variable not in BY_COMPOSE:
            assert variable in told, variable
            assert re.search(rf"^# .+\n(?:#?\w+=.*\n)*#?{variable}=", example, re.MULTILINE), f"no sentence: {variable}"


def test_how_many_workers_stands_in_env_so_that_an_upgrade_keeps_it() -> None:
    for name in registry.NAMES:
        replicas = SERVICES[f"{name}-worker"]["deploy"]["replicas"]
        assert (default_of(replicas), replicas) == ("1", f"${{KEPT_{name.upper()}_WORKERS:-1}}")
    assert "--scale" not in (DEPLOY / "README.md").read_text()


def test_no_log_fills_the_disk() -> None:
    for name, service in SERVICES.items():
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_service_has_a_database_and_a_role_of_its_own(name: str) -> None:
    url = SERVICES[f"{name}-api"]["environment"]["KEPT_DATABASE_URL"]
    password = f"{name.upper()}_DB_PASSWORD"
    assert url == f"postgresql+asyncpg://{name}:${{{password}:?is empty}}@postgres/kept_{name}"
    assert f'make {name} "${password}"' in (DEPLOY / "postgres/databases.sh").read_text()


def test_the_broker_is_the_one_that_listens() -> None:
    broker = connect(default_of(SERVICES["intake-worker"]["environment"]["KEPT_BROKER"]), client="test")
    assert f"PLAINTEXT://{broker.servers}" == SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]  # type: ignore[attr-defined]


def test_no_secret_has_a_default_and_the_example_leaves_them_to_be_filled() -> None:
    uses = [use for text in texts(COMPOSE) for use in VARIABLE.findall(text)]
    named = {name for name, _ in uses}
    asked_for = {name for name, mode in uses if mode == ":?"}
    example = (DEPLOY / ".env.example").read_text()
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == asked_for
    assert asked_for == {name for name in named if name.endswith(("PASSWORD", "SECRET_KEY"))}
    environments = [service.get("environment", {}) for service in SERVICES.values()]
    passed_on = {key for environment in environments for key, value in environment.items() if value is None}
    assert set(re.findall(r"^#(\w+)=", example, re.MULTILINE)) <= named | passed_on


def test_the_gateway_knows_every_service_and_hides_metrics() -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text()
    assert f"^/({'|'.join(registry.NAMES)})(/|$)" in caddyfile
    assert caddyfile.index("handle /*/metrics") < caddyfile.index("handle @service")
    for host, port in re.findall(r"reverse_proxy ([\w-]+):(\d+)", caddyfile):
        assert host in SERVICES
        assert port in {"8000", "8025"}
    largest = max(task_page.BODY_LIMIT, *(provider.body_limit for provider in providers().values()))
    assert f"max_size {largest // 2**20}MB" in caddyfile
    assert f"max_header_size {MOST_HEAD // 1024}KB" in caddyfile
    assert f"read_body {int(bodies.MOST_SECONDS / 60)}m" in caddyfile
    (hidden,) = re.findall(r'request>uri regexp "([^"]+)"', caddyfile)
    for path in (*PATHS.values(), SESSION_PATH):
        assert re.sub(hidden, "/[link]", f"{path}token?lang=vi") == "/[link]?lang=vi"


def test_the_image_holds_what_the_dockerfile_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?:--chmod=\S+ )?([\w./]+) ", dockerfile, re.MULTILINE))
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"][0]["rules"]
    dashboard = json.loads((DEPLOY / "grafana/kept.json").read_text())
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    telemetry = (ROOT / "shared/telemetry.py").read_text()
    names = set(re.findall(r"\bkept_\w+", " ".join(asked)))
    for name in names:
        assert f'"{re.sub("_(bucket|count|sum)$", "", name)}"' in telemetry, name
    for metric in (LAG, OUTBOX_AGE, PARKED, REQUESTS, TIMERS_LAG):
        assert any(name.startswith(cast("str", metric._name)) for name in names), metric


def test_every_process_is_scraped() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    found = [name for job in jobs for name in job["dns_sd_configs"][0]["names"]]
    assert sorted(found) == sorted(OWN)
    assert [job["metrics_path"] for job in jobs] == [f"/{job['job_name']}/metrics" for job in jobs]
