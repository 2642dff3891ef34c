"""`python -m tests.faults --seconds 600 --seed 1`: the long run, on servers of its own. Writes build/faults.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from pathlib import Path

from tests.faults.run import Outcome, run
from tests.faults.stand import standing
from tests.support.kafka import NoKafka, find_kafka
from tests.support.postgres import scratch_postgres

BUILD = Path(__file__).parents[2] / "build"


async def at_a_stand_of_its_own(seconds: float, seed: int, logs: Path) -> Outcome:
    kafka = await asyncio.to_thread(find_kafka)
    if isinstance(kafka, NoKafka):
        raise SystemExit(f"no Kafka to break: {kafka.reason}")
    try:
        with scratch_postgres({}) as postgres:
            async with standing(postgres, kafka, logs) as stand:
                return await run(stand, seconds=seconds, seed=seed)
    finally:
        await asyncio.to_thread(kafka.discard)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seconds", type=float, default=600, help="how long faults and load go on")
    parser.add_argument("--seed", type=int, default=1, help="what is broken when, and what is sent")
    asked = parser.parse_args()
    logs = BUILD / "faults"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    sys.stdout.write(f"{asked.seconds:.0f} s of faults by seed {asked.seed}; the logs are in {logs}\n")
    sys.stdout.flush()
    outcome = asyncio.run(at_a_stand_of_its_own(asked.seconds, asked.seed, logs))
    report = json.dumps(outcome.report(), indent=2)
    (BUILD / "faults.json").write_text(report + "\n")
    sys.stdout.write(f"{outcome.text()}\n{report}\n")
    return 0 if outcome.holds else 1


if __name__ == "__main__":
    sys.exit(main())
