"""What goes wrong on an ordinary day ends in a plain sentence: a PostgreSQL that cannot start, a place that is none.

Each fault is a real one: a broken file, a full disk, a folder of somebody else's.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.demo.command import free_port
from services.host import everyday
from shared.embedded import EmbeddedPostgres, cluster, server
from tests.support.command import Kept
from tests.support.installation import ROOT
from tests.support.postgres import scratch_directory

pytestmark = pytest.mark.process

KEY = "a secret of the tests, long enough"
Breaks = Callable[[Path], object]


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """The data of a house that was up once."""
    with scratch_directory() as directory:
        with EmbeddedPostgres(directory / "house" / "postgres"):
            pass
        yield directory / "house"


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    """A copy of it, to be broken."""
    with scratch_directory() as directory:
        copied = directory / "house"
        subprocess.run(["cp", "-a", made, copied], check=True)
        yield copied


@pytest.fixture
def disk(data: Path) -> Iterator[Path]:
    """A house on a disk of its own, which is small."""
    disk = data.parent / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100m", "kept", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        subprocess.run(["cp", "-a", data, disk / "house"], check=True)
        yield disk / "house"
    finally:
        subprocess.run(["umount", disk], check=True)


def told(answer: tuple[int, str, str]) -> str:
    """The sentence; what PostgreSQL's log says may follow it."""
    status, out, said = answer
    assert (status, out) == (1, ""), said
    assert "Traceback" not in said
    first, *log = said.splitlines()
    assert first.startswith("kept: ")
    assert all(re.match(r"\d{4}-\d\d-\d\d |HINT|DETAIL|\t|\S+/\S+: ", line) for line in log), said
    return said


def up(kept: Kept, data: Path) -> str:
    return told(kept("up", "--data", str(data), "--port", str(free_port())))


def a_file(path: Path) -> None:
    """Where a folder was."""
    shutil.rmtree(path)
    path.touch()


def a_folder(path: Path) -> None:
    """Where a file was."""
    path.unlink()
    path.mkdir()


def somebody_elses(data: Path) -> None:
    for path in (data / "postgres" / "data", *(data / "postgres" / "data").rglob("*")):
        os.chown(path, 65534, 65534)


@pytest.mark.parametrize(
    ("breaks", "why"),
    [
        (lambda d: (d / "postgres/data/PG_VERSION").write_text("14\n"), "was initialized by PostgreSQL version 14"),
        (lambda d: (d / "postgres/data/global/pg_control").write_bytes(b""), "global/pg_control"),
        (lambda d: shutil.rmtree(d / "postgres/data/base"), "did not start|base/5. is missing"),
        (lambda d: (d / "postgres/data").chmod(0o755), "postgres/data is not a folder of the user that runs"),
        (lambda d: a_file(d / "postgres"), "postgres: File exists"),
        (lambda d: a_file(d / "postgres/data"), "postgres/data is not a folder of the"),
        (lambda d: a_folder(d / "postgres/lock"), "lock: Is a directory"),
        (lambda d: (d / "secret.key").write_text("\n"), "secret.key holds no key: put back a copy"),
        (lambda d: (d / "secret.key").mkdir(), "secret.key: Is a directory"),
        (lambda d: (d / "mail").touch(), "mail/cur: Not a directory"),
    ],
)
def test_data_that_are_broken(kept: Kept, data: Path, breaks: Breaks, why: str) -> None:
    breaks(data)
    assert re.search(why, up(kept, data))


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can give a folder away")
def test_data_of_somebody_else(kept: Kept, data: Path) -> None:
    somebody_elses(data)
    assert "postgres/data is not a folder of the user that runs PostgreSQL" in up(kept, data)


def test_memory_that_the_system_refuses(kept: Kept, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(server._DEFAULTS, "shared_buffers", "7TB")
    assert "could not map anonymous shared memory" in up(kept, data)


@pytest.mark.parametrize(
    ("missing", "why"), [("initdb", "initdb: No such file"), ("postgres", "postgres: No such file")]
)
def test_a_program_that_is_missing(
    kept: Kept, data: Path, monkeypatch: pytest.MonkeyPatch, missing: str, why: str
) -> None:
    there = cluster.program
    monkeypatch.setattr(cluster, "program", lambda name: Path("/nowhere") / name if name == missing else there(name))
    monkeypatch.setattr(cluster, "let_pass", lambda *_: None)
    if missing == "initdb":
        shutil.rmtree(data / "postgres" / "data")
    assert why in up(kept, data)


def test_a_wheel_that_is_missing(kept: Kept, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert "PostgreSQL is missing" in up(kept, data)


def test_a_disk_that_is_full(kept: Kept, disk: Path) -> None:
    with (disk.parent / "filling").open("wb") as filling, pytest.raises(OSError, match="No space left"):
        while True:
            filling.write(bytes(1 << 20))
            filling.flush()
    assert f"the data cannot live in {disk}: No space left on device" in up(kept, disk)
    assert not (disk / ".writable").exists()


def test_a_disk_that_fills_while_the_database_is_made(kept: Kept, disk: Path) -> None:
    shutil.rmtree(disk / "postgres")
    subprocess.run(["mount", "-o", "remount,size=20m", disk.parent], check=True)
    status, _, said = kept("up", "--data", str(disk), "--port", str(free_port()))
    assert (status, "Traceback" in said) == (1, False)
    assert said.startswith("kept: initdb failed: ")
    assert "No space left on device" in said


def test_a_disk_that_is_read_only(kept: Kept, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk.parent], check=True)
    assert f"the data cannot live in {disk}: it cannot be written" in up(kept, disk)
    assert "Read-only file system" in up(kept, disk.parent / "other")
    assert "Read-only file system" in told(kept("mailbox", "--directory", str(disk.parent / "other")))


def test_a_file_that_may_grow_no_further(tmp_path: Path) -> None:
    """As with a quota. In a process of its own, whose limit it is."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (everyday.ROOM // 2, everyday.ROOM // 2))

    words = [sys.executable, "-m", "services", "up", "--data", str(tmp_path / "d"), "--port", str(free_port())]
    ran = subprocess.run(words, cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"kept: the data cannot live in {tmp_path / 'd'}: File too large\n"


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("BROKER", "kafka://h:1?partitions=hush", "KEPT_BROKER is neither kafka://host:port"),
        ("BROKER", "local", "the local broker needs KEPT_LOCAL_BROKER_URL"),
        ("BROKER", "hush", "KEPT_BROKER is neither kafka://host:port"),
        ("DATABASE_URL", "hush", "KEPT_DATABASE_URL is no address"),
        ("BROKER", "kafka://[hush", "KEPT_BROKER is neither kafka://host:port"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@h:hush/x", "KEPT_DATABASE_URL is no address"),
        ("DATABASE_URL", "mysql://u:hush@h/x", "KEPT_DATABASE_URL is no address"),
        ("SMTP_URL", "hush", "KEPT_SMTP_URL is neither smtp://host"),
        ("SMTP_URL", "smtp://u:hush@h:port", "KEPT_SMTP_URL is neither smtp://host"),
        ("SMTP_URL", "smtp://[hush", "KEPT_SMTP_URL is neither smtp://host"),
        ("LOG_LEVEL", "hush", "KEPT_LOG_LEVEL: Input should be"),
        ("DEFAULT_ZONE", "hush", "KEPT_DEFAULT_ZONE: is no IANA time zone"),
        ("SECRET_KEYS", '["hush', "KEPT_SECRET_KEYS: begins as a JSON list"),
        ("SECRET_KEYS", "hush", "KEPT_SECRET_KEY or KEPT_SECRET_KEYS is needed"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, why: str
) -> None:
    held = {"DATABASE_URL": "postgresql+asyncpg://u:p@127.0.0.1:1/x", "SECRET_KEY": KEY, "BROKER": "kafka://h:1"}
    for name, stands in (held | {variable: value}).items():
        monkeypatch.setenv(f"KEPT_{name}", stands)
    monkeypatch.setattr("services.host.serve.run", lambda *_, **__: pytest.fail("it serves"))
    said = told(kept("serve", "notifications"))
    assert said.startswith(f"kept: {why}")
    assert (said.count("\n"), "hush" in said) == (1, False)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "KEPT_DATABASE_URL is no address"),
        ("postgresql+asyncpg://u:p@127.0.0.1:1/x", "the database of KEPT_DATABASE_URL does not answer"),
    ],
)
def test_a_database_that_is_to_be_made_where_none_answers(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    monkeypatch.setenv("KEPT_DATABASE_URL", url)
    assert why in told(kept("migrate", "intake", "--create"))
