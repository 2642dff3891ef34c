"""What the documents print works as printed: each command is run against a house, or says why it is not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import yaml
from typer.main import get_command

from services.cli.main import app
from services.demo.command import free_port
from services.intake.channels.registry import providers
from tests.intake.signing import SECRETS
from tests.journeys.test_house import House
from tests.support.command import known
from tests.support.installation import ROOT
from tests.support.postgres import scratch_directory

pytestmark = pytest.mark.slow

CHANNELS = ROOT / "docs" / "channels"
NOT_TRIED = {
    "ses": "SNS alone holds the key that signs",
    "imap": "it is read, and nothing is sent to it",
    "mail": "it describes what all mail becomes",
    "README": "it lists the others",
}
ITS_SECRET = {
    **SECRETS,
    "gateways": SECRETS["convoy"],
    "sendgrid": "kept:a-rather-long-password",
    "zalo": "123:oa-secret-key-of-ours",
}
"""Of the page's own channel. A `sendgrid` page's first secret is a password, which its line uses."""


def blocks(document: Path, heading: str | None = None) -> list[str]:
    """Each indented block, under a heading or anywhere, without its indent."""
    text = document.read_text()
    if heading is not None:
        text = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"(?:^(?: {4}.*\n?)+)", text, re.MULTILINE)
    return ["\n".join(line[4:] for line in block.splitlines()) for block in found]


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[House, Path]]:
    with scratch_directory() as scratch:
        running = House(scratch / "data", free_port())
        try:
            running.banner()
            yield running, scratch / "data"
        finally:
            running.process.terminate()
            running.process.communicate(timeout=60)


def run(house: tuple[House, Path], command: str, **variables: str) -> str:
    """By bash in the clone, as a person types it. Returns what it printed."""
    running, data = house
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "KEPT": running.url,
        "TOKEN": running.token,
        "KEPT_DATA": str(data),
        **variables,
    }
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_each_provider_has_a_page_with_a_signed_line_or_a_reason() -> None:
    pages = {page.stem for page in CHANNELS.glob("*.md")}
    assert set(providers()) - {"convoy", "hook0"} <= pages
    for name in pages:
        assert bool(blocks(CHANNELS / f"{name}.md", "Try it")) is (name not in NOT_TRIED), name


@pytest.mark.parametrize("name", sorted({page.stem for page in CHANNELS.glob("*.md")} - set(NOT_TRIED)))
def test_a_pages_signed_line_brings_a_contact(house: tuple[House, Path], name: str) -> None:
    page = CHANNELS / f"{name}.md"
    (make,) = blocks(page, "In Kept")
    secret = ITS_SECRET[name]
    channel = json.loads(re.findall(r"-d '(\{.*\})'", make, re.DOTALL)[0])["name"]
    its_own = f"{channel}-{name}" if channel == "mail" else channel
    as_made = re.sub(r'("secrets": \[)"[^"]*"[^\]]*\]', rf'\g<1>"{secret}"]', make).replace(
        f'"{channel}"', f'"{its_own}"'
    )
    made = json.loads(run(house, as_made.replace("curl ", "curl -s --fail-with-body ", 1)))
    assert made["name"] == its_own
    (line,) = blocks(page, "Try it")
    printed = line.replace(f"/webhooks/{channel}", f"/webhooks/{its_own}")
    run(house, printed.replace("curl ", "curl -s --fail-with-body ", 1), SECRET=secret)
    deadline, found = monotonic() + 30, examined(house, its_own)
    while (
        not found["contacts"]
        and not found["quarantined"]
        and not (name == "telephone" and called(house))
        and monotonic() < deadline
    ):
        sleep(0.2)
        found = examined(house, its_own)
    assert found["contacts"] == 1 or (name == "telephone" and called(house)), found
    assert (found["quarantined"], found["verdict"]) == ([], "It works."), found


def called(house: tuple[House, Path]) -> bool:
    """Whether the call of the telephone's page is a customer's: its two requests are one contact, which neither is."""
    return bool(asked(house, "/intake/customers?handle=phone:%2B84907654321")["items"])


def examined(house: tuple[House, Path], channel: str) -> Any:
    return asked(house, f"/intake/channels/{channel}/doctor")


def asked(house: tuple[House, Path], path: str) -> Any:
    headers = {"Authorization": f"Bearer {house[0].token}"}
    return httpx.get(f"{house[0].url}{path}", headers=headers, trust_env=False).json()


def tour() -> list[str]:
    """The README's commands, in their order: what follows `$`, with the lines that are set in further."""
    shown = re.findall(r"^    \$ (.*(?:\n {8}.*)*)", (ROOT / "README.md").read_text(), re.MULTILINE)
    return [command.replace("http://127.0.0.1:8080", "$HOUSE") for command in shown]


def test_the_readmes_tour_works_as_printed(house: tuple[House, Path]) -> None:
    commands = tour()
    assert len(commands) == 9
    # A person takes a moment between two commands, in which the SMS is read.
    script = "\nsleep 3\n".join(command.replace("curl -s", "curl --fail-with-body -s", 1) for command in commands)
    said = run(house, script, HOUSE=house[0].url)
    assert "/intake/webhooks/shop-sms" in said
    assert "interaction.received" in said
    assert "Your order reaches you by 18:00." in said


def test_the_commands_of_every_document_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """`kept ...` in text and in blocks names a command and options that there are; Compose lines, its services."""
    monkeypatch.setenv("COLUMNS", "200")
    services = set(yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"])
    commands = known(get_command(app))
    tried = 0
    for document in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "deploy/README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]:
        text = document.read_text()
        assert "python -m services " not in text, document
        assert not re.search(r"\bjq\b", text), document
        for words in re.findall(r"(?:`|^ {4}(?:\$ )?|exec [\w-]+ )(?:\./)?kept ([a-z][^`\n|]*)", text, re.MULTILINE):
            named = [word for word in words.split() if re.fullmatch(r"[a-z][a-z-]*", word)]
            options = set(re.findall(r"(?<!\S)--[a-z-]+", words))
            path = next((tuple(named[:n]) for n in (2, 1) if tuple(named[:n]) in commands), None)
            assert path is not None, f"{document}: kept {words}"
            assert options <= commands[path], f"{document}: kept {words}"
            tried += 1
        for service in re.findall(r"docker compose (?:exec|logs) ([\w-]+)", text):
            assert service in services, f"{document}: {service}"
        for target in re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^ {4}make ([a-z-]+)", text, re.MULTILINE):
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), (
                f"{document}: make {target}"
            )
        for script in re.findall(r"`\./(?!kept)([\w-]+)", text):
            assert (document.parent / script).exists(), f"{document}: {script}"
    assert tried > 30
