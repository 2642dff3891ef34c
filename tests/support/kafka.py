"""A real Apache Kafka for the tests: given, in Docker, by Java and Maven, or none and why."""

import gc
import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tests.support.kafka_broker import wait_until_answers
from tests.support.kafka_java import JavaKafka

GIVEN = "KEPT_TEST_KAFKA"
"""Names the environment variable with the host:port of a broker to use."""
KIND = "KEPT_TEST_KAFKA_KIND"
"""Names the environment variable that allows one kind alone: docker or java."""

_log = logging.getLogger(__name__)


class KafkaServer(Protocol):
    """A broker at `bootstrap` (host:port). `restart` and `kill` change neither the address nor the data.

    The methods block and return when what they say is done: after `start` the broker serves every request.
    Where `can_break` is false the broker is not ours, and only `start` and `discard` may be called.
    """

    kind: str
    bootstrap: str
    can_break: bool

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def restart(self) -> None: ...
    def kill(self) -> None:
        """SIGKILL: a crash. `start` brings it back."""

    def discard(self) -> None:
        """End it for good, with its data."""


@dataclass(frozen=True)
class NoKafka:
    """There is none, for this `reason`; `demanded` where the environment asked for one by name."""

    reason: str
    demanded: bool


class GivenKafka:
    """A broker that somebody else runs."""

    kind = "given"
    can_break = False

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def start(self) -> None:
        wait_until_answers(self.bootstrap, within=10)

    def stop(self) -> None:
        raise RuntimeError(f"the Kafka at {self.bootstrap} is not ours to break")

    restart = kill = stop

    def discard(self) -> None:
        """It stays."""


def find_kafka() -> KafkaServer | NoKafka:
    """The first Kafka of those above that starts, started. Say `discard` when it is no longer needed.

    The first call on a machine may have to fetch fifty files or an image: minutes, on a slow line.
    """
    reasons = []
    candidates = _candidates()
    for name, make in candidates.items():
        server = _try(make)
        if not isinstance(server, str):
            return server
        _log.warning("no Kafka by %s: %s", name, server)
        reasons.append(f"{name}: {server}".partition("\n")[0])
    return NoKafka("; ".join(reasons), demanded=len(candidates) == 1)


def _try(make: Callable[[], KafkaServer]) -> KafkaServer | str:
    """The server, started, or why not. Whatever is wrong with one kind, the next may do."""
    server: KafkaServer | None = None
    reason = ""
    with warnings.catch_warnings():
        # Docker's client leaves its socket open where no engine answers, and Kafka's where a broker that starts drops
        # it: they are collected in here, and not in the middle of some test.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            server = make()
            server.start()
        except Exception as error:
            reason = str(error)
            if server:
                server.discard()
            server = None
        gc.collect()
    return server or reason


def _candidates() -> dict[str, Callable[[], KafkaServer]]:
    if address := os.environ.get(GIVEN):
        return {f"{GIVEN}={address}": lambda: GivenKafka(address)}
    kinds: dict[str, Callable[[], KafkaServer]] = {"docker": _docker, "java": JavaKafka}
    wanted = os.environ.get(KIND)
    if wanted and wanted not in kinds:
        raise ValueError(f"{KIND} is {wanted!r}, not one of {', '.join(kinds)}")
    return {wanted: kinds[wanted]} if wanted else kinds


def _docker() -> KafkaServer:
    from tests.support.kafka_docker import DockerKafka  # half a second, needed only where Docker is tried

    return DockerKafka()
