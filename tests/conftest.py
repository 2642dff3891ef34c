"""The servers every test may ask for: PostgreSQL, and Kafka where one can be had."""

from collections import Counter
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.support.kafka import KafkaServer, NoKafka, find_kafka
from tests.support.postgres import ScratchPostgres, scratch_postgres

# Logs go where pytest shows them beside a failure; structlog's own way draws each traceback for seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
    logger_factory=structlog.stdlib.LoggerFactory(),
)

# How long one example takes on a busy machine says nothing. Where time matters a test measures its own processor's.
settings.register_profile("kept", deadline=None)
settings.load_profile("kept")

_KAFKA = pytest.StashKey[KafkaServer | NoKafka]()
_NONE = "no Kafka to test with ("


@pytest.fixture(scope="session")
def postgres() -> Iterator[ScratchPostgres]:
    """The run's PostgreSQL; take a database of your own from it by `make_database`."""
    with scratch_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> KafkaServer:
    """The run's Apache Kafka. Whoever breaks it leaves it running."""
    found = request.config.stash[_KAFKA]
    if not isinstance(found, NoKafka):
        return found
    if found.demanded:
        pytest.fail(f"{_NONE}{found.reason})", pytrace=False)
    pytest.skip(f"{_NONE}{found.reason})")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


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
