"""The embedded PostgreSQL keeps what it took, whoever dies, and whoever runs it."""

import asyncio
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.embedded import EmbeddedPostgres, EmbeddedPostgresError, psql
from shared.embedded.cluster import is_ready, program
from shared.embedded.host import ServerUser, run
from tests.support.postgres import (
    SERVER,
    UNSAFE_BUT_FAST,
    ScratchPostgres,
    scratch_directory,
    scratch_postgres,
)
from tests.support.scratch import until

pytestmark = pytest.mark.process

PARENT = """
import sys, threading, time
from pathlib import Path
from shared.embedded import EmbeddedPostgres, psql
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"})
starter = threading.Thread(target=server.start)  # it ends long before the process, as a pool's may
starter.start(), starter.join()
psql(server.dsn(), "CREATE TABLE IF NOT EXISTS lives (n serial)")
print(psql(server.dsn(), "INSERT INTO lives DEFAULT VALUES RETURNING n").strip(), flush=True)
time.sleep(60)
"""
"""Runs the server of a directory until it is killed; prints how many have done so there, itself included."""
WITH_OUR_PATH = {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), *filter(None, sys.path)])}


@pytest.fixture
def directory() -> Iterator[Path]:
    with scratch_directory() as path:
        yield path


@pytest.fixture
def server(directory: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(directory, settings=UNSAFE_BUT_FAST) as running:
        yield running


def postmaster(directory: Path) -> psutil.Process:
    return psutil.Process(int((directory / "data" / "postmaster.pid").read_text().partition("\n")[0]))


def ended(process: psutil.Process, *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


async def test_data_survive_a_kill_a_restart_and_every_way_to_stop(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("INSERT INTO kept VALUES ('promise')")

    await asyncio.to_thread(server.kill)
    assert not server.running
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await connection.fetch("SELECT 1")
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.restart)
    await asyncio.to_thread(server.restart, "immediate")
    assert server.running
    assert psql(server.dsn(), "SELECT word FROM kept") == "promise\n"


async def test_a_database_is_created_once_and_reached_by_both_drivers(server: EmbeddedPostgres) -> None:
    name = 'Khách "hàng"'
    await asyncio.gather(*(asyncio.to_thread(server.create_database, name) for _ in range(4)))
    engine = create_async_engine(server.url(name))
    async with engine.connect() as session:
        assert await session.scalar(text("SELECT current_database()")) == name
        assert await session.scalar(text("SELECT upper('ngoại lệ')")) == "NGOẠI LỆ"
    await engine.dispose()
    connection = await asyncpg.connect(server.dsn(name))
    assert await connection.fetchval("SELECT current_database()") == name
    await connection.close()


def user_and_interpreter(*, other: bool) -> tuple[ServerUser, str]:
    """Ourselves, or an ordinary user that root can become, with a Python which that user can run."""
    if not other:
        return ServerUser.current(), sys.executable
    if os.geteuid() != 0:
        pytest.skip("runs as an ordinary user anyway")
    nobody = ServerUser(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            tried = run([python, "-c", "import shared.embedded"], environment=WITH_OUR_PATH, user=nobody)
            if tried.returncode == 0:
                return nobody, python
    pytest.skip("no Python that another user could run")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the server outlives its parent until the next start")
@pytest.mark.parametrize("other", [False, True], ids=["as ourselves", "as another user"])
def test_the_server_ends_when_its_parent_is_killed_and_the_next_finds_the_data(directory: Path, *, other: bool) -> None:
    user, python = user_and_interpreter(other=other)
    os.chown(directory, user.uid, user.gid)
    for life in (1, 2, 3):
        with subprocess.Popen(
            [python, "-c", PARENT, str(directory)],
            stdout=subprocess.PIPE,
            text=True,
            env=WITH_OUR_PATH,
            user=user.uid,
            group=user.gid,
        ) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == f"{life}\n"
            server = postmaster(directory)
            parent.kill()
        if life == 3:  # the servers before may still shut down while the next one starts
            assert ended(server)


def test_a_server_left_running_is_ended_by_the_next_start(server: EmbeddedPostgres, directory: Path) -> None:
    psql(server.dsn(), "CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    data = directory / "data"
    left = subprocess.Popen(
        [str(program("postgres")), "-D", str(data), "-k", str(data), "-h", ""],
        user=data.stat().st_uid,
        group=data.stat().st_gid,
        cwd=data.parent,
    )
    while not is_ready(data, left.pid):
        assert left.poll() is None
        time.sleep(0.01)
    server.start()
    assert left.wait(timeout=0) == 0
    assert psql(server.dsn(), "SELECT n FROM kept") == "1\n"


async def test_a_backend_without_postmaster_does_not_stop_the_next_start(
    server: EmbeddedPostgres, directory: Path
) -> None:
    connection = await asyncpg.connect(server.dsn())
    busy = asyncio.create_task(connection.execute("SELECT count(*) FROM generate_series(1, 1e12::bigint)"))
    await asyncio.sleep(0.2)
    process = postmaster(directory)
    process.kill()
    assert ended(process)
    await until(lambda: not server.running)  # its keeper has still to be told
    await asyncio.to_thread(server.start)
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await busy
    assert psql(server.dsn(), "SELECT 1") == "1\n"


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(server: EmbeddedPostgres, directory: Path) -> None:
    server.kill()
    pid_file = directory / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    server.start()
    assert server.running


def test_one_directory_is_run_by_one_process(server: EmbeddedPostgres, directory: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="another process runs PostgreSQL"):
        EmbeddedPostgres(directory).start()
    assert server.running


def test_a_start_that_fails_tells_what_the_server_logged(directory: Path) -> None:
    broken = EmbeddedPostgres(directory, settings={"fsync": "off", "shared_buffers": "a lot"})
    with pytest.raises(EmbeddedPostgresError, match=r'(?s)did not start.*"shared_buffers".*"a lot"'):
        broken.start()
    with EmbeddedPostgres(directory, settings=UNSAFE_BUT_FAST) as mended:
        assert psql(mended.dsn(), "SHOW listen_addresses") == "\n"


def test_a_path_too_long_for_a_socket_has_its_socket_elsewhere(directory: Path) -> None:
    deep = directory.joinpath(*['sâu, "và dài"'] * 12)
    with EmbeddedPostgres(deep, settings=UNSAFE_BUT_FAST) as server:
        socket = Path(psql(server.dsn(), "SHOW unix_socket_directories").strip().strip('"'))
        assert socket.stat().st_mode & 0o777 == 0o700
    socket.rmdir()


def test_a_scratch_database_is_a_copy_of_its_template(postgres: ScratchPostgres) -> None:
    template = postgres.make_database()
    psql(postgres.dsn(template), "CREATE TABLE kept AS SELECT 1 AS n")
    copies = [postgres.make_database(template) for _ in range(2)]
    psql(postgres.dsn(copies[0]), "UPDATE kept SET n = 2")
    assert psql(postgres.dsn(copies[1]), "SELECT n FROM kept") == "1\n"
    for name in (*copies, template):
        postgres.drop_database(name)
        postgres.drop_database(name)
    with pytest.raises(EmbeddedPostgresError, match="does not exist"):
        psql(postgres.dsn(template), "SELECT 1")


def test_a_given_server_is_used(postgres: ScratchPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER, postgres.dsn("postgres"))
    with scratch_postgres() as given:
        assert given.embedded is None
        name = given.make_database()
        assert psql(given.dsn(name), "SELECT current_database()").strip() == name
        given.drop_database(name)
