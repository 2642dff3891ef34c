"""The command `kept`: it answers for the service that is named or refuses, and an everyday fault is one sentence."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from services import VERSION
from services.cli.main import main
from services.demo.command import free_port
from services.host import everyday, registry
from shared import schema
from shared.migrations import upgrade
from tests.support.command import Kept
from tests.support.installation import ROOT
from tests.support.postgres import ScratchPostgres

KEY = "a secret of the tests, long enough"


@pytest.fixture(scope="module")
def databases(postgres: ScratchPostgres) -> dict[str, str]:
    """Each service's migrated database, by its name."""
    found = {name: postgres.make_database() for name in registry.NAMES}
    for name, database in found.items():
        asyncio.run(upgrade(postgres.url(database), registry.migrations(name)))
    return {name: postgres.url(database) for name, database in found.items()}


@pytest.mark.parametrize("there", registry.NAMES)
@pytest.mark.parametrize("asked", registry.NAMES)
def test_a_command_answers_for_the_service_it_names_or_refuses(
    kept: Kept, databases: dict[str, str], monkeypatch: pytest.MonkeyPatch, there: str, asked: str
) -> None:
    monkeypatch.setenv("KEPT_DATABASE_URL", databases[there])
    monkeypatch.setenv("KEPT_SECRET_KEY", KEY)
    for words in (
        ["events", "tail", asked],
        ["replay", asked, "--since", "2026-01-01"],
        ["parked", "list", asked],
        ["parked", "redrive", asked, "--all"],
        ["migrate", asked],
    ):
        status, _, said = kept(*words)
        if there == asked:
            assert (status, said) == (0, ""), words
        else:
            assert status == 1, words
            assert f"the database of {there}, not of {asked}" in said
            assert f"docker compose exec {asked}-worker kept {words[0]}" in said
    if there != "intake":
        for words in (["doctor", "channel", "x"], ["channel", "list"], ["quarantine", "list"]):
            status, _, said = kept(*words)
            assert status == 1
            assert "docker compose exec intake-worker kept" in said


def test_a_database_without_tables_is_for_migrate_alone(
    kept: Kept, postgres: ScratchPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url(postgres.make_database())
    monkeypatch.setenv("KEPT_DATABASE_URL", url)
    status, _, said = kept("events", "tail", "feedback")
    assert (status, said) == (
        1,
        "kept: the database of KEPT_DATABASE_URL has no tables of Kept: kept migrate feedback\n",
    )
    assert kept("migrate", "feedback")[0] == 0
    assert kept("events", "tail", "feedback")[0] == 0


def test_tables_tell_the_service_though_two_have_some_of_one_name() -> None:
    services = {name: registry.tables(name) for name in registry.NAMES}
    for name, tables in services.items():
        assert schema.belongs_to([*tables.tables, "event_log"], services) == name
    assert schema.belongs_to(["customer", "event_log"], services) is None, "intake and commitments both have it"
    assert schema.belongs_to([], services) is None


def test_parked_events_of_all_by_one_command(
    kept: Kept, databases: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT_DATABASE_URL", databases["feedback"])
    monkeypatch.setenv("KEPT_SECRET_KEY", KEY)
    assert kept("parked", "redrive", "feedback", "--all")[:2] == (0, "0 handled, 0 still parked\n")
    assert kept("parked", "redrive", "feedback")[0] == 2
    assert kept("parked", "redrive", "feedback", "some", "--all")[0] == 2


def test_the_doctor_examines_the_service_whose_database_it_is(
    kept: Kept, databases: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, url in {"DATABASE_URL": databases["intake"], "SECRET_KEY": KEY, "BROKER": "kafka://127.0.0.1:1"}.items():
        monkeypatch.setenv(f"KEPT_{name}", url)
    status, said, _ = kept("doctor")
    assert status == 1, "the broker does not answer"
    assert "See that the broker runs and KEPT_BROKER names it." in said
    assert "intake" in said
    assert "commitments" not in said


@pytest.mark.parametrize(
    "words",
    [
        ["token", "--browser"],
        ["demo", "--check", "--data", "elsewhere"],
        ["demo", "--check", "--port", "9000"],
        ["demo", "--token", "x"],
        ["demo", "--url", "http://127.0.0.1:1"],
        ["demo", "--url", "http://127.0.0.1:1", "--token", "x", "--port", "9000"],
        ["demo", "--url", "http://127.0.0.1:1", "--token", "x", "--data", "elsewhere"],
        ["doctor", "--json", "channel", "x"],
        ["parked", "list", "nobody"],
        ["serve", "intake", "--role", "nobody"],
        ["serve", "intake", "--port", "70000"],
    ],
)
def test_an_option_has_an_effect_or_is_refused(kept: Kept, words: list[str]) -> None:
    assert kept(*words)[0] == 2


@pytest.mark.parametrize(
    ("variable", "words"), [("KEPT_DATABASE_URL", ["channel", "list"]), ("KEPT_SECRET_KEY", ["token"])]
)
def test_where_the_environment_names_the_installation_data_does_not(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, variable: str, words: list[str]
) -> None:
    monkeypatch.setenv(variable, KEY)
    assert kept(*words, "--data", "x")[0] == 2


def test_the_version_is_that_of_the_project(kept: Kept) -> None:
    assert kept("--version")[:2] == (0, f"kept {VERSION}\n")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_a_token_is_of_an_installation_and_makes_none(kept: Kept, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    status, out, said = kept("token", "--data", str(nowhere))
    assert (status, out) == (1, "")
    assert "there is no installation" in said
    assert not nowhere.exists()


def test_everyday_faults_are_one_sentence(kept: Kept, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, told in (
            (["up", "--port", port, "--data", str(tmp_path / "a")], f"port {port} of 127.0.0.1 is taken"),
            (["up", "--data", str(tmp_path / "file")], "the data cannot live in"),
            (["up", "--data", str(tmp_path / "file/below")], "the data cannot live in"),
            (["up", "--data", "/proc/kept"], "the data cannot live in"),
            (["mailbox", "--http-port", port, "--directory", str(tmp_path / "m")], "is taken"),
            (["mailbox", "--smtp-port", port, "--directory", str(tmp_path / "m")], "address already in use"),
            (["doctor", "--data", str(tmp_path / "a")], "Kept is not up in"),
            (["channel", "list", "--data", str(tmp_path / "a")], "Kept is not up in"),
            (["migrate", "intake"], "KEPT_DATABASE_URL names no database"),
            (["demo", "--url", "http://127.0.0.1:1", "--token", "x"], "http://127.0.0.1:1/intake/channels does not"),
            (["demo", "--url", "elsewhere", "--token", "x"], "no address that can be asked"),
        ):
            status, _, said = kept(*words)
            assert (status, said.count("\n")) == (1, 1), said
            assert said.startswith("kept: ")
            assert told in said
    for value, told in (
        ("postgresql+asyncpg://u:p@127.0.0.1:1/x", "does not answer"),
        ("nonsense", "is no address"),
    ):
        monkeypatch.setenv("KEPT_DATABASE_URL", value)
        status, _, said = kept("events", "tail", "intake")
        assert (status, said.count("\n")) == (1, 1), said
        assert told in said
    monkeypatch.setenv("KEPT_SECRET_KEY", "hush-hush")
    status, _, said = kept("token")
    assert status == 1
    assert "KEPT_SECRET_KEY" in said
    assert "hush" not in said


def test_a_fault_of_ours_keeps_its_traceback(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("services.host.installation.settings", fails)
    monkeypatch.setattr(sys, "argv", ["kept", "token"])
    with pytest.raises(KeyError):
        main()
    assert everyday.sentence(KeyError("ours")) is None
    assert everyday.sentence(ExceptionGroup("both", [OSError(13, "no"), KeyError("ours")])) is None
    assert everyday.sentence(ExceptionGroup("one", [OSError(13, "no")])) == "no"


@pytest.mark.process
def test_the_clone_has_the_command(tmp_path: Path) -> None:
    """From whatever directory."""
    ran = subprocess.run([ROOT / "kept", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == f"kept {VERSION}\n"


@pytest.mark.process
@pytest.mark.parametrize("begun", [None, "postgres/lock", "secret.key"])
def test_ctrl_c_while_it_starts_leaves_no_traceback(tmp_path: Path, begun: str | None) -> None:
    """While it is loaded, while the database is made, and while the services start: told by a file that is there."""
    data = tmp_path / "data"
    with subprocess.Popen(
        [ROOT / "kept", "up", "--data", str(data), "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        time.sleep(0.3)
        while begun and not (data / begun).exists():
            assert started.poll() is None
            time.sleep(0.01)
        started.send_signal(signal.SIGINT)
        out, said = started.communicate(timeout=60)
    assert "Traceback" not in said
    if begun:
        assert (started.returncode, out) == (130, "\n  Stopped before it was up.\n")
    else:
        assert started.returncode in (130, -signal.SIGINT)
