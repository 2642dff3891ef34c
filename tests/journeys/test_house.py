"""`kept up` as a person uses it: started, stopped, killed, started again, and nothing is gone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from services.demo.command import free_port
from tests.support.installation import ROOT
from tests.support.postgres import scratch_directory


class House:
    """One run of `kept up` in a process of its own."""

    def __init__(self, directory: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "services", "up", "--data", str(directory), "--port", str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.token = ""

    def banner(self) -> str:
        """What it prints when it is up. Raises AssertionError where it ends instead."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "Access token" in line:
                self.token = Path(line.split()[-1]).read_text().split()[-1]
            if "Ctrl-C" in line:
                return "".join(lines)
        raise AssertionError(f"it ended: {''.join(lines)}")


@contextmanager
def kept_up(directory: Path, port: int) -> Iterator[House]:
    house = House(directory, port)
    try:
        house.banner()
        yield house
    finally:
        if house.process.poll() is None:
            house.process.kill()
        house.process.communicate()


@asynccontextmanager
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {house.token}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, trust_env=False, timeout=30) as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_data_survives_kill_9_and_ctrl_c_stops_cleanly() -> None:
    with scratch_directory() as directory:
        port = free_port()
        with kept_up(directory, port) as house:
            async with client(house) as api:
                made = await api.post("/intake/customers", json={"name": "Nguyễn Văn A"})
                assert made.status_code == 201
            house.process.kill()
            house.process.wait()
        with kept_up(directory, port) as house:
            async with client(house) as api:
                again = await api.get(f"/intake/customers/{made.json()['id']}")
                assert again.json()["name"] == "Nguyễn Văn A"
                await ready(api)
                links = await api.get("/", headers={"accept": "text/html"})
                assert "/commitments/board" in links.text
                assert (await api.get("/intake/metrics")).status_code == 404
            house.process.send_signal(signal.SIGINT)
            assert house.process.wait(60) == 0
        assert not (directory / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_database_that_is_killed_is_started_again_or_the_house_ends_with_the_reason() -> None:
    with scratch_directory() as directory, kept_up(directory, free_port()) as house:
        async with client(house) as api:
            _kill_database(directory)
            made = await _until_created(api)
            await ready(api)
            assert (await api.get(f"/intake/customers/{made}")).status_code == 200
            (directory / "postgres" / "data" / "PG_VERSION").write_text("1\n")  # it cannot be started now
            _kill_database(directory)
            assert house.process.wait(60) == 1


def _kill_database(directory: Path) -> None:
    pid_file = directory / "postgres" / "data" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)


async def _until_created(api: httpx.AsyncClient) -> str:
    for _ in range(200):
        answer = await api.post("/intake/customers", json={"name": "Nguyễn Văn B"})
        if answer.status_code == 201:
            return str(answer.json()["id"])
        assert answer.status_code == 503
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_second_house_on_the_same_data_or_port_changes_nothing_of_the_first() -> None:
    with scratch_directory() as directory, scratch_directory() as other:
        port = free_port()
        with kept_up(directory, port):
            for data, taken in ((directory, free_port()), (other, port)):
                command = [sys.executable, "-m", "services", "up", "--data", str(data), "--port", str(taken)]
                ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
                assert ran.returncode not in {0, None}
            assert (directory / "public.url").read_text() == f"http://127.0.0.1:{port}"
            assert not (other / "public.url").exists()


async def ready(api: httpx.AsyncClient) -> None:
    for _ in range(200):
        answer = await api.get("/ready")
        if answer.status_code == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)
