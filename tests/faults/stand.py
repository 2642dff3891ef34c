"""The installation under test, with servers of its own that may be broken, and what can be seen from outside."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.broker.connect import TOPICS
from shared.contracts import Event
from tests.faults.facts import Facts, Published, Subscription, gather, subscriptions
from tests.support.installation import Installation, ServiceProcess, installation
from tests.support.kafka import KafkaServer
from tests.support.mail import MailServer, mail_server
from tests.support.postgres import ScratchPostgres

SETTINGS = {
    "KEPT_NO_ADDRESS_GRACE": "4",
    "KEPT_SMTP_TIMEOUT": "2",
    "KEPT_SENDING_TIMEOUT": "6",
    "KEPT_RETRY_AFTER": str([1.0] * 60),
    "KEPT_CALL_GRACE": "600",
}
"""What takes minutes in production takes seconds here. No call is filed before its last step: none is ever lost."""

PARTITIONS = 4
SILENCE = 4
"""Seconds after which Kafka gives the partitions of a dead worker to the next."""

_BUSY = {
    "intake": "SELECT count(*) FROM raw_waiting",
    "commitments": "SELECT count(*) FROM commitment WHERE kind = 'promise' AND outcome IS NULL",
    "notifications": "SELECT count(*) FROM notification WHERE state IN ('pending', 'sending')",
}
_OUTBOX = "SELECT count(*) FROM outbox"
_OVERDUE = "SELECT count(*) FROM timer WHERE due_at < now()"


@dataclass
class Stand:
    made: Installation
    postgres: ScratchPostgres
    kafka: KafkaServer
    mail: MailServer
    prefix: str
    subscriptions: Mapping[str, Subscription]

    def process(self, service: str, role: str) -> ServiceProcess:
        return self.made.processes[service, role]

    async def quiet(self, *, within: float) -> tuple[float, float]:
        """Waits until nothing is left to do. Returns the seconds until (lag was zero, all was at its end).

        Raises TimeoutError with what was still to do.
        """
        began = monotonic()
        no_lag: float | None = None
        before: dict[TopicPartition, int] = {}
        async with self._watching() as (admin, consumer):
            while True:
                ends, lag = await self._lag(admin, consumer)
                left = {"lag": lag, **await self._left()}
                seconds = monotonic() - began
                # What left an outbox while it was looked for lies behind these ends.
                if ends == before == await self._ends(consumer) and not any(left.values()):
                    return seconds if no_lag is None else no_lag, seconds
                if no_lag is None and ends == before and not any(v for k, v in left.items() if k in FLOW):
                    no_lag = seconds
                if seconds > within:
                    raise TimeoutError(f"after {seconds:.0f} s still to do: {left}")
                before = ends
                await asyncio.sleep(0.2)

    async def facts(self) -> Facts:
        mails = Counter(str(mail["Message-ID"]) for mail in self.mail.mails)
        return await gather(self.made.databases, await self._published(), mails)

    async def sql(self, service: str, statement: str) -> object:
        """The first value."""
        connection = await asyncpg.connect(self.made.databases[service])
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def _left(self) -> dict[str, int]:
        """What is still to do, the causes before their effects: what moves on between two looks is seen in one."""
        left: Counter[str] = Counter()
        for service in self.made.databases:
            if service in _BUSY:
                left[service] = int(str(await self.sql(service, _BUSY[service])))
            left["overdue timers"] += int(str(await self.sql(service, _OVERDUE)))
        for service in self.made.databases:
            left["outbox"] += int(str(await self.sql(service, _OUTBOX)))
        return dict(left)

    async def _lag(
        self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer
    ) -> tuple[dict[TopicPartition, int], int]:
        """(the ends of all partitions, records behind the committed offsets over all groups)."""
        ends = await self._ends(consumer)
        lag = 0
        for service, its in self.subscriptions.items():
            committed = await admin.list_consumer_group_offsets(f"{self.prefix}kept.{service}")
            ours = {self.prefix + topic for topic in its.topics}
            for partition, end in ends.items():
                if partition.topic in ours:
                    lag += end - max(0, committed[partition].offset if partition in committed else 0)
        return ends, lag

    async def _ends(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        all_of_them = [TopicPartition(self.prefix + t, number) for t in TOPICS for number in range(PARTITIONS)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(all_of_them)
        return ends

    async def _published(self) -> list[Published]:
        """Everything in the topics, each partition from its beginning."""
        found = []
        async with self._watching() as (_, consumer):
            ends = await self._ends(consumer)
            consumer.assign(list(ends))
            await consumer.seek_to_beginning(*ends)
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                    topic = tp.topic.removeprefix(self.prefix)
                    for record in records:
                        event = Event.from_record(record.headers, record.value)
                        found.append(Published(topic, event.key, event.source, event.sequence, event.id))
        return found

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        servers = self.kafka.bootstrap
        admin, consumer = AIOKafkaAdminClient(bootstrap_servers=servers), AIOKafkaConsumer(bootstrap_servers=servers)
        await admin.start()
        try:
            await consumer.start()
            yield admin, consumer
        finally:
            await consumer.stop()
            await admin.close()


FLOW = {"lag", "outbox", "intake"}
"""What is to do in the flow itself. The rest waits for its time: promises, repeated sendings."""


@asynccontextmanager
async def standing(postgres: ScratchPostgres, kafka: KafkaServer, directory: Path) -> AsyncIterator[Stand]:
    async with mail_server() as mail:
        prefix = f"faults-{secrets.token_hex(4)}."
        broker = f"kafka://{kafka.bootstrap}?partitions={PARTITIONS}&prefix={prefix}&silence={SILENCE}"
        settings = {**SETTINGS, "KEPT_SMTP_URL": mail.url, "KEPT_BROKER": broker}
        async with installation(postgres, kafka, directory, **settings) as made:
            yield Stand(made, postgres, kafka, mail, prefix, subscriptions())
