"""The servers every test may ask for: PostgreSQL, and Kafka where one can be had."""

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.support import tiers
from tests.support.command import Kept
from tests.support.kafka import KafkaServer, NoKafka, find_kafka
from tests.support.pool import Pools
from tests.support.postgres import ScratchPostgres, scratch_postgres

# Logs go where pytest shows them beside a failure; structlog's own way draws each traceback for seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
    logger_factory=structlog.stdlib.LoggerFactory(),
)

# How long one example takes on a busy machine says nothing. Where time matters a test measures its own processor's.
settings.register_profile("kept", deadline=None)
settings.register_profile("few", deadline=None, max_examples=15)

_KAFKA = pytest.StashKey[KafkaServer | NoKafka]()
_NONE = "no Kafka to test with ("


@pytest.fixture(scope="session")
def postgres() -> Iterator[ScratchPostgres]:
    """The run's PostgreSQL; take a database of your own from it by `make_database`."""
    with scratch_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def pools(postgres: ScratchPostgres) -> Pools:
    """Databases with a service's tables, to borrow; one to alter is made by `postgres`."""
    return Pools(postgres)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> KafkaServer:
    """The run's Apache Kafka. Whoever breaks it leaves it running."""
    found = request.config.stash[_KAFKA]
    if not isinstance(found, NoKafka):
        return found
    if found.demanded:
        pytest.fail(f"{_NONE}{found.reason})", pytrace=False)
    pytest.skip(f"{_NONE}{found.reason})")


@pytest.fixture(autouse=True)
def _nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collects what a long test left behind, so that a connection it left open fails it and not a later one."""
    yield
    if any(request.node.get_closest_marker(name) for name in ("slow", "process")):
        gc.collect()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kept:
    """Runs `kept WORDS...` in this process: (exit status, standard output, standard error)."""
    from services.cli.main import main

    for name in [name for name in os.environ if name.startswith("KEPT_")]:
        monkeypatch.delenv(name)
    for module in (
        "host.up",
        "demo.command",
        "host.serve",
    ):  # logs of all the tests after this one would go where this one's did
        monkeypatch.setattr(f"services.{module}.configure_logging", lambda **_: None)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kept", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what is in the background deaf to Ctrl-C; processes of the tests would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("few" if config.option.markexpr == "fast" else "kept")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if tiers.is_passed_over(collection_path, config.option.markexpr) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is collected stays until the end: looking through it for garbage again and again would find nothing."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tiers.place(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with tiers.held_to_its_tier(item):
        return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find Kafka before the tests, whose time is limited: its files may have to be fetched first."""
    wanted = any(item.get_closest_marker("kafka") for item in session.items)
    if wanted and not session.config.option.collectonly:
        session.config.stash[_KAFKA] = find_kafka()


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash.get(_KAFKA, None)
    if found and not isinstance(found, NoKafka):
        found.discard()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where nobody can miss it; from the reports, as the tests may have run in other processes."""
    texts = (str(report.longrepr) for report in terminalreporter.getreports("skipped"))
    reasons = Counter(text[text.index(_NONE) :].rstrip("')") + ")" for text in texts if _NONE in text)
    if reasons:
        terminalreporter.section("Kafka was NOT tested", sep="!", red=True, bold=True)
    for reason, count in reasons.items():
        terminalreporter.line(f"{count} tests skipped: {reason}", red=True)
