"""The whole way of a contact, with real servers: received, promised, warned, kept, confirmed.

Rows: I1 I4 I6 I13 C7 C9 C18 N9 N10 N14 N20 F1 X1 X2 X12, each a finding of the day that is played.
"""

from pathlib import Path

import pytest

from services.demo.checks import examine
from services.demo.command import free_port
from services.demo.day import Day
from services.demo.interface import Interface
from services.host.up import access_token, running
from tests.support.installation import installation
from tests.support.kafka import KafkaServer
from tests.support.postgres import ScratchPostgres, scratch_directory


async def play(url: str, token: str) -> None:
    api = Interface(url, token)
    try:
        findings = await examine(api, await Day(api, url).play())
    finally:
        await api.close()
    assert [f for f in findings if not f.holds] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_journey_in_one_process() -> None:
    """Embedded PostgreSQL, the local broker, four services: what `make up` starts."""
    with scratch_directory() as directory:
        port = free_port()
        async with running(directory, port=port) as house:
            await play(f"http://127.0.0.1:{port}", access_token(house))


@pytest.mark.process
@pytest.mark.timeout(300)
async def test_the_journey_with_each_service_in_its_own_process(
    postgres: ScratchPostgres, kafka: KafkaServer, tmp_path: Path
) -> None:
    """Real Kafka and PostgreSQL, api and worker of each service apart, a database each."""
    async with installation(postgres, kafka, tmp_path) as made:
        await play(made.url, made.token)
        assert all(process.stop() == 0 for process in made.processes.values())
