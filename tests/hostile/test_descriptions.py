"""The four APIs as they describe themselves, with whatever fits or breaks the description: never an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation import GenerationMode

from services.host import registry
from shared.clock import SystemClock
from shared.security import Tokens
from tests.hostile.conftest import DOCUMENTS, SECRET_KEY
from tests.support.installation import ServiceProcess
from tests.support.scratch import toy_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TRIED = settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def _described(service: str) -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_dict(DOCUMENTS[service])
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return schema


intake, commitments = _described("intake"), _described("commitments")
notifications, feedback = _described("notifications"), _described("feedback")


@pytest.fixture(scope="module")
def answering(
    addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ServiceProcess]]:
    """The API of each service in a process of its own."""
    processes = {}
    for service, url in addresses.items():
        environment = {
            "KEPT_DATABASE_URL": url,
            "KEPT_BROKER": "local",
            "KEPT_LOCAL_BROKER_URL": url,
            "KEPT_SECRET_KEY": SECRET_KEY,
        }
        log: Path = tmp_path_factory.mktemp("hostile") / f"{service}.log"
        processes[service] = ServiceProcess(service, "api", environment, log)
        processes[service].start()
    for process in processes.values():
        _await(process)
    yield processes
    for process in processes.values():
        process.stop()
        assert "http.error" not in process.said()


def _await(process: ServiceProcess) -> None:
    deadline = monotonic() + 60
    while True:
        try:
            httpx.get(f"{process.url}/{process.service}/health", trust_env=False)
            return
        except httpx.TransportError:
            assert monotonic() < deadline, process.said()
            sleep(0.1)


def _hold(case: schemathesis.Case[Any], process: ServiceProcess) -> None:
    tokens = Tokens(toy_settings("postgresql+asyncpg://nowhere", secret_key=SECRET_KEY), SystemClock())
    scopes = frozenset(registry.SCOPES) - {"*"}
    bearer = tokens.issue("lan", scopes, lifetime=timedelta(hours=1))
    answer = case.call(base_url=process.url, headers={"Authorization": f"Bearer {bearer}"}, timeout=20)
    ready_or_not = case.operation.path.endswith("/ready")
    assert answer.status_code < 500 or ready_or_not, f"{case.as_curl_command()}\n{answer.text}"


@intake.parametrize()
@TRIED
def test_intake(case: schemathesis.Case[Any], answering: dict[str, ServiceProcess]) -> None:
    _hold(case, answering["intake"])


@commitments.parametrize()
@TRIED
def test_commitments(case: schemathesis.Case[Any], answering: dict[str, ServiceProcess]) -> None:
    _hold(case, answering["commitments"])


@notifications.parametrize()
@TRIED
def test_notifications(case: schemathesis.Case[Any], answering: dict[str, ServiceProcess]) -> None:
    _hold(case, answering["notifications"])


@feedback.parametrize()
@TRIED
def test_feedback(case: schemathesis.Case[Any], answering: dict[str, ServiceProcess]) -> None:
    _hold(case, answering["feedback"])
