"""The two kinds of broker, each as something to connect to, to take away and to bring back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from shared.broker import Broker
from shared.broker.kafka import KafkaBroker
from shared.broker.local import LocalBroker
from tests.support.kafka import KafkaServer
from tests.support.postgres import ScratchPostgres

PARTITIONS = 4
SILENCE = timedelta(seconds=2)


class BrokerServer(Protocol):
    """Where a broker lives. The methods block."""

    kind: str
    address: str
    can_break: bool

    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def start(self) -> None: ...


def connect(kind: str, address: str, topics: Sequence[str]) -> Broker:
    """A broker with few partitions and little patience with the silent."""
    if kind == "kafka":
        return KafkaBroker(address, client="test", topics=topics, partitions=PARTITIONS, silence=SILENCE)
    return LocalBroker(address, topics=topics, partitions=PARTITIONS, silence=SILENCE)


class KafkaBrokerServer:
    kind = "kafka"

    def __init__(self, server: KafkaServer) -> None:
        self.address, self.can_break = server.bootstrap, server.can_break
        self.stop, self.kill, self.start = server.stop, server.kill, server.start


class LocalBrokerServer:
    """PostgreSQL: what holds the local broker's log."""

    kind = "local"

    def __init__(self, postgres: ScratchPostgres) -> None:
        self.address = postgres.url(postgres.make_database())
        self.can_break = postgres.embedded is not None
        if postgres.embedded is not None:
            self.stop, self.kill, self.start = (
                postgres.embedded.stop,
                postgres.embedded.kill,
                postgres.embedded.start,
            )
