"""A group's member in a process of its own, to be killed: it takes records and commits nothing.

    python -m tests.shared.broker.silent_member KIND ADDRESS TOPIC GROUP

Prints a line once records have come.
"""

import asyncio
import sys

from shared.telemetry import configure_logging
from tests.shared.broker.servers import connect


async def main(kind: str, address: str, topic: str, group: str) -> None:
    configure_logging(json=True)  # on standard error
    broker = connect(kind, address, [topic])
    await broker.start()
    consumer = broker.consumer(group, [topic])
    await consumer.start()
    said = False
    while True:
        if await consumer.poll(limit=100, timeout=0.2) and not said:
            said = True
            print("holds", flush=True)


asyncio.run(main(*sys.argv[1:]))
