"""From the setting to the broker it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from shared.broker.protocol import Broker

TOPICS = ("kept.intake", "kept.commitments", "kept.notifications", "kept.feedback")
DEAD_LETTERS = tuple(f"{topic}.dlt" for topic in TOPICS)


def connect(
    url: str, *, client: str, local_database: str | None = None, topics: Sequence[str] = TOPICS + DEAD_LETTERS
) -> Broker:
    """`kafka://host:9092[,host:9092][?partitions=12&replicas=3&prefix=test.&silence=10]`, or `local` with the URL of
    its database. `silence`: seconds after which the partitions of a worker that says nothing go to others.

    Raises ValueError for anything else.
    """
    if url == "local":
        from shared.broker.local import LocalBroker

        if local_database is None:
            raise ValueError("the local broker needs KEPT_LOCAL_BROKER_URL, the database it writes to")
        return LocalBroker(local_database, topics=topics)
    parts = urlsplit(url)
    if parts.scheme == "kafka" and parts.netloc:
        from shared.broker.kafka import SILENCE, KafkaBroker

        options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        return KafkaBroker(
            parts.netloc,
            client=client,
            topics=topics,
            partitions=int(options.get("partitions", "12")),
            replicas=int(options.get("replicas", "1")),
            prefix=options.get("prefix", ""),
            silence=timedelta(seconds=float(options["silence"])) if "silence" in options else SILENCE,
        )
    raise ValueError(f"KEPT_BROKER must be kafka://host:port or local, not {url!r}")
