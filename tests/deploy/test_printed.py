"""What is printed for whoever runs it in containers: each command line parses, and all that it names is there.

Without a Docker engine: what Compose takes is written down here, for the few commands that we print.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from services.cli.main import app
from tests.support.command import known

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text()
SERVICES = set(yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"])
SETTINGS = {
    *re.findall(r"^#?(\w+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE),
    *re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()),
}
MAKEFILE = (ROOT / "Makefile").read_text()
KEPT = known(get_command(app))

COMPOSE = {
    "up": {"-d", "--build", "--wait"},
    "down": {"-v"},
    "ps": set[str](),
    "logs": {"-f"},
    "exec": {"-T"},
    "stop": set[str](),
    "start": set[str](),
}
"""Of Docker Compose: the commands we print, with the options that stand before what they work on."""
MADE = {"deploy/.env": "compose-env", ".env": "compose-env"}
"""What no clone has, and which target of make writes it."""
PROSE = {"ALTER ROLE intake PASSWORD '...'", "PATCH /intake/channels/NAME", "events in a row could not be handled"}
"""Set as code, and no command line."""


def spans(text: str) -> list[str]:
    """What stands as code: in a line, also over its end, and in blocks, without what is remarked behind `#`."""
    inline = [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", text)]
    blocks = re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    return inline + [re.sub(r"\s+#.*", "", line) for line in blocks]


def lines(text: str) -> list[str]:
    return [span for span in spans(text) if " " in span and span not in PROSE]


def simple(line: str) -> Iterator[list[str]]:
    """Each command of a line as its words. Raises ValueError where a quote stays open."""
    for part in line.split("&&"):
        yield shlex.split(part)


def wrong(words: Sequence[str], within: Path = DEPLOY) -> str | None:
    """What is wrong with a command, None where nothing is."""
    match words:
        case ["docker", "compose", *rest]:
            return wrong_compose(rest, within)
        case ["kept", *rest]:
            return wrong_kept(rest)
        case ["make", target, *settings]:
            if not re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE):
                return f"no target {target}"
            given = [word.partition("=")[0] for word in settings]
            return next((f"make has no {one}" for one in given if f"$({one})" not in MAKEFILE), None)
        case ["cd", place]:
            return None if (ROOT / place).is_dir() else f"no folder {place}"
        case [script, *_] if script.startswith("./"):
            found = within / script
            return None if found.is_file() and found.stat().st_mode & 0o100 else f"no script {script}"
        case ["git", "pull"] | ["curl", "-s", "127.0.0.1:8080/ready"]:
            return None
    return "a command that nobody looks at"


def wrong_compose(words: Sequence[str], within: Path) -> str | None:
    if words[0] == "-f":
        if not (within / words[1]).is_file():
            return f"no file {words[1]}"
        words = words[2:]
    command, *rest = words
    if command not in COMPOSE:
        return f"Compose has no {command}, as far as is known here"
    options = [word for word in rest if word.startswith("-")]
    if command == "exec":
        head = next((n for n, word in enumerate(rest) if not word.startswith("-")), None)
        if head is None or head + 1 >= len(rest):
            return "exec names a service and a command"
        service, inside, options = rest[head], rest[head + 1 :], rest[:head]
        named, then = [service], wrong(inside) if inside[0] == "kept" else None
    else:
        named, then = [word for word in rest if not word.startswith("-")], None
    strangers = [f"no service {one}" for one in named if one not in SERVICES]
    strangers += [f"{command} has no {one}" for one in options if one not in COMPOSE[command]]
    return next(iter(strangers), then)


def wrong_kept(words: Sequence[str]) -> str | None:
    named = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    path = next((tuple(named[:n]) for n in (2, 1) if tuple(named[:n]) in KEPT), None)
    if path is None:
        return f"no command kept {' '.join(words)}"
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    return next((f"kept {' '.join(path)} has no {one}" for one in sorted(options - KEPT[path])), None)


@pytest.mark.process
@pytest.mark.parametrize("line", lines(README))
def test_a_printed_line_parses_and_names_what_there_is(line: str) -> None:
    assert subprocess.run(["sh", "-n", "-c", line], capture_output=True, check=False).returncode == 0
    assert [why for words in simple(line) if (why := wrong(words))] == []


def test_a_single_word_is_a_file_a_setting_or_a_word_of_the_texts() -> None:
    for span in spans(README):
        if re.fullmatch(r"[A-Z][A-Z_]+(=\S+)?", span):
            assert span.partition("=")[0] in SETTINGS, span
        elif "/" in span and not span.startswith("/") and " " not in span and "=" not in span:
            assert (DEPLOY / span).exists() or (ROOT / span).exists(), span
        elif span.startswith(".") and " " not in span:
            assert (DEPLOY / span).exists() or span in MADE, span
    for made, target in MADE.items():
        assert made in README
        assert re.search(rf"^{target}:.*deploy/\.env", MAKEFILE, re.MULTILINE)


@pytest.mark.process
def test_lines_in_scripts_and_in_make_name_what_there_is() -> None:
    said = {ROOT: re.findall(r"^\t(docker compose .+)$", MAKEFILE, re.MULTILINE)}
    said[DEPLOY] = [
        f"{compose} {rest}"
        for script in ("backup", "restore")
        for compose, rest in re.findall(r"\$\{KEPT_\w+-(docker compose)( exec[^}]*)?\}", (DEPLOY / script).read_text())
        if rest
    ]
    assert [len(found) for found in said.values()] == [1, 2]
    for within, found in said.items():
        for line in found:
            whole = line if "exec" not in line else f"{line} psql"
            assert wrong(shlex.split(whole), within) is None, line
    for script in ("backup", "restore", "postgres/databases.sh"):
        subprocess.run(["sh", "-n", DEPLOY / script], check=True)


def test_what_the_services_print_names_what_there_is() -> None:
    """`docker compose ...` in a sentence of the code: of a remedy, or of a command that is refused."""
    tried = 0
    for path in [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        for service in re.findall(r"docker compose (?:exec|logs) (\S+)", path.read_text()):
            names = [service.replace("{service}", name) for name in ("intake", "feedback")]
            assert {name.rstrip("`.") for name in names} <= SERVICES, f"{path}: {service}"
            tried += 1
    assert tried


@pytest.mark.parametrize(
    "line",
    [
        "docker compose exec intake kept token",
        "docker compose exec intake-api kept tokens",
        "docker compose exec intake-api kept token --browse",
        "docker compose exec intake-api",
        "docker compose up -d --now",
        "docker compose -f nowhere.yaml up",
        "docker compose pss",
        "docker compose logs gatewy",
        "make compose-start",
        "make demo ARG=x",
        "./back-up DIRECTORY",
        "cd deployment",
        "rm -rf /",
    ],
)
def test_a_line_that_names_what_there_is_not_is_found(line: str) -> None:
    assert wrong(shlex.split(line)) is not None
