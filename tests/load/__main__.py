"""`python -m tests.load [ROWS...]`: names or prefixes of rows; none means all.

Prints one table and writes build/bench.json. Ends with 1 where a measurement broke; a bar that is missed is a
result, not a failure of the run.
"""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import structlog
import uvloop

from tests.load import rows
from tests.load.servers import Missing, Servers
from tests.load.table import Row, as_json, judged, not_measured, rendered

OUTPUT = Path("build/bench.json")


def families() -> list[ModuleType]:
    """Every module of `tests.load.rows`: its GOALS by row, and `measure(servers, wanted)`."""
    return [import_module(f"{rows.__name__}.{found.name}") for found in iter_modules(rows.__path__)]


def chosen(names: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Raises ValueError for a word that fits no row."""
    for word in asked:
        if not any(name.startswith(word) for name in names):
            raise ValueError(f"no row begins with {word!r}; there are: {', '.join(names)}")
    return [name for name in names if not asked or any(name.startswith(word) for word in asked)]


async def measure(servers: Servers, family: ModuleType, wanted: Sequence[str]) -> tuple[list[Row], bool]:
    """The rows of one family, and whether measuring them broke."""
    broke = False
    reason = "the measurement gave no such figure"
    measured: Mapping[str, object] = {}
    try:
        measured = await family.measure(servers, frozenset(wanted))
    except Missing as missing:
        reason = str(missing)
    except Exception as error:
        traceback.print_exc()
        reason, broke = f"{type(error).__name__}: {error}".partition("\n")[0], True
    goals = family.GOALS
    return [
        judged(n, goals[n], measured[n]) if n in measured else not_measured(n, goals[n], reason)  # type: ignore[arg-type]
        for n in wanted
    ], broke


async def run(asked: Sequence[str]) -> int:
    found = families()
    names = chosen([name for family in found for name in family.GOALS], asked)
    done: list[Row] = []
    broken = False
    with Servers() as servers:
        for family in found:
            wanted = [name for name in family.GOALS if name in names]
            if not wanted:
                continue
            print(f"measuring {', '.join(wanted)} ...", file=sys.stderr, flush=True)
            lines, broke = await measure(servers, family, wanted)
            print(rendered(lines), file=sys.stderr, flush=True)
            done += lines
            broken = broken or broke
    report(done)
    return int(broken)


def report(done: Sequence[Row]) -> None:
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(as_json(done))
    print(rendered(done))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("rows", nargs="*", help="names or prefixes of rows")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics just made have no leader for a moment
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        sys.exit(uvloop.run(run(parser.parse_args().rows)))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
