"""The intake API as it describes itself, with whatever fits or breaks the description: never an error of ours."""

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

from services.intake.service import build
from shared.broker.local import LocalBroker
from shared.clock import ManualClock, SystemClock
from shared.http import create_app
from shared.runtime import Runtime
from shared.security import Tokens
from tests.intake.conftest import START, settings_for
from tests.support.installation import ServiceProcess
from tests.support.postgres import ScratchPostgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def _description() -> dict[str, object]:
    url = "postgresql+asyncpg://nobody@127.0.0.1/nothing"
    made, clock = settings_for(url), ManualClock(START)
    runtime = Runtime(build(made, clock), made, clock=clock, role="api", broker=LocalBroker(url, topics=()))
    return create_app(runtime, manage_runtime=False).openapi()


schema = schemathesis.openapi.from_dict(_description())
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@pytest.fixture(scope="module")
def served(
    postgres: ScratchPostgres, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    name = postgres.make_database(migrated)
    made = settings_for(postgres.url(name))
    environment = {
        "KEPT_DATABASE_URL": postgres.url(name),
        "KEPT_BROKER": "local",
        "KEPT_LOCAL_BROKER_URL": postgres.url(name),
        "KEPT_SECRET_KEY": made.secret_key.get_secret_value(),
    }
    log: Path = tmp_path_factory.mktemp("hostile") / "intake.log"
    process = ServiceProcess("intake", "api", environment, log)
    process.start()
    deadline = monotonic() + 60
    while True:
        try:
            httpx.get(f"{process.url}/intake/health", trust_env=False)
            break
        except httpx.TransportError:
            assert monotonic() < deadline, process.said()
            sleep(0.1)
    yield process
    process.stop()
    assert "http.error" not in process.said()
    postgres.drop_database(name)


@schema.parametrize()
@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_no_input_is_an_error_of_ours(case: schemathesis.Case[Any], served: ServiceProcess) -> None:
    tokens = Tokens(settings_for("unused"), SystemClock())
    bearer = tokens.issue("lan", frozenset({"intake:read", "intake:write"}), lifetime=timedelta(hours=1))
    answer = case.call(base_url=served.url, headers={"Authorization": f"Bearer {bearer}"}, timeout=20)
    ready_or_not = case.operation.path == "/intake/ready"
    assert answer.status_code < 500 or ready_or_not, f"{case.as_curl_command()}\n{answer.text}"
