"""Connects to the broker that the setting names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from shared.broker.protocol import Broker
from shared.settings import BadSetting

TOPICS = ("kept.intake", "kept.commitments", "kept.notifications", "kept.feedback")
DEAD_LETTERS = tuple(f"{topic}.dlt" for topic in TOPICS)


def connect(
    url: str, *, client: str, local_database: str | None = None, topics: Sequence[str] = TOPICS + DEAD_LETTERS
) -> Broker:
    """`kafka://host:9092[,host:9092][?partitions=12&replicas=3&prefix=test.&silence=10]`, or `local` with the URL of
    its database. `silence`: seconds after which the partitions of a worker that says nothing go to others.

    Raises BadSetting for anything else.
    """
    if url == "local":
        from shared.broker.local import LocalBroker

        if local_database is None:
            raise BadSetting("the local broker needs KEPT_LOCAL_BROKER_URL, the database it writes to")
        return LocalBroker(local_database, topics=topics)
    try:
        parts = urlsplit(url)
        options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        partitions, replicas = int(options.get("partitions", "12")), int(options.get("replicas", "1"))
        silence = timedelta(seconds=float(options["silence"])) if "silence" in options else None
        if parts.scheme != "kafka" or not parts.netloc:
            raise ValueError
    except ValueError:
        raise BadSetting("KEPT_BROKER is neither kafka://host:port[?partitions=12&replicas=3] nor local") from None
    from shared.broker.kafka import KafkaBroker
    from shared.broker.kafka_consumer import SILENCE

    return KafkaBroker(
        parts.netloc,
        client=client,
        topics=topics,
        partitions=partitions,
        replicas=replicas,
        prefix=options.get("prefix", ""),
        silence=silence or SILENCE,
    )
