"""What a broker promises, whichever it is. One contract suite holds both to it.

Records of one key lie in one partition, in the order they were published. A group's partitions are shared
out among its live consumers. What was polled and not committed is polled again by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class BrokerLost(ConnectionError):
    """The broker cannot be reached, or took our partitions away. Trying again later can help."""


class Partition(NamedTuple):
    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """`value` None is a tombstone. `offset` is -1 until the record has been published."""

    topic: str
    key: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int = -1
    offset: int = -1


class Consumer(Protocol):
    """One member of a group. Not for use by two tasks at once."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Leaves the group, so that others need not wait for its silence."""
        ...

    async def poll(self, *, limit: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        """Up to `limit` records in offset order, at once or after `timeout` seconds with none.

        May be called while partitions are paused; calling it is what keeps the membership alive.
        """
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Each partition's next offset to read. Raises BrokerLost where the partition is ours no longer."""
        ...

    def rewind(self, partition: Partition, offset: int) -> None:
        """The next poll of this partition starts at `offset` again. Nothing where it is ours no longer."""
        ...

    def pause(self, partition: Partition) -> None: ...

    def resume(self, partition: Partition) -> None: ...

    async def lag(self) -> int:
        """Records of this member's partitions that are published and not yet polled."""
        ...


Drain = Callable[[], Awaitable[None]]
"""Called before partitions are taken away: finish the batch in hand and commit it."""


class Broker(Protocol):
    async def start(self) -> None:
        """Connects and sees to it that the topics exist. Raises BrokerLost."""
        ...

    async def stop(self) -> None: ...

    async def publish(self, records: Sequence[Record]) -> None:
        """Returns when every record is durable, in the order given for each key. Raises BrokerLost."""
        ...

    def consumer(self, group: str, topics: Sequence[str], *, drain: Drain | None = None) -> Consumer: ...

    async def answers(self) -> None:
        """Raises BrokerLost where the broker does not answer."""
        ...
