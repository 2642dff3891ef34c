"""The image holds what services need, and not what `kept up` alone needs: the extra `local`."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["local"]
WITHOUT = """
import importlib, pkgutil, sys
sys.modules |= dict.fromkeys(sys.argv[1:])
import services, shared
packages = [(services.__path__, "services."), (shared.__path__, "shared.")]
for found in (module for package in packages for module in pkgutil.walk_packages(*package)):
    if ".migrations" not in found.name and not found.name.endswith("__main__"):
        importlib.import_module(found.name)
"""
"""Imports all that there is as if the named modules were not installed."""


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[; ]", one, maxsplit=1)[0] for one in requirements}


def locked(name: str) -> set[str]:
    return names(re.findall(r"^[a-z0-9].*", (ROOT / name).read_text(), re.MULTILINE))


def test_the_extra_is_locked_for_contributors_and_no_part_of_the_image() -> None:
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    assert re.findall(r"-r (\S+)", image) == ["requirements.lock"]
    assert names(LOCAL) & locked("requirements.lock") == set()
    assert names(LOCAL) <= locked("requirements-dev.lock")


@pytest.mark.process
def test_every_module_loads_without_it() -> None:
    missing = [name.replace("-", "_") for name in sorted(names(LOCAL))]
    subprocess.run([sys.executable, "-c", WITHOUT, *missing], cwd=ROOT, check=True)
