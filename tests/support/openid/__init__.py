"""A real OpenID provider, npm's oidc-provider, in a process of its own, with a person at its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

HERE = Path(__file__).parent
SECRET = "a secret, of +the/ tests"


class Provider:
    """The provider as it runs. `issuer` is where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.issuer = self._line("http://")

    def _line(self, begins: str) -> str:
        """The next line that begins so, past the provider's own notices."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(begins):
                return line.strip()
        raise AssertionError("the provider has ended")

    def change_key(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._line("another key")

    async def sign_in(self, address: str, name: str, back: str) -> str:
        """What a person does at its pages: types a name, says yes. Returns the address that it sends them `back` to."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
            answer = await browser.get(address)
            for _ in range(12):
                if answer.is_redirect:
                    address = urljoin(str(answer.url), answer.headers["location"])
                    if address.startswith(back):
                        return address
                    answer = await browser.get(address)
                    continue
                assert answer.status_code == 200, answer.text
                form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
                assert form is not None, answer.text
                said = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
                answer = await browser.post(
                    urljoin(str(answer.url), unescape(form[1])), data={**said, "login": name, "password": "any"}
                )
        raise AssertionError("the provider asks and asks")


def installed(into: Path) -> Path:
    """The provider's module, installed by npm as its lock says. Skips, and says why, where that cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("SIGN-IN WAS NOT TRIED WITH A REAL OPENID PROVIDER: there is no node, or no npm")
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(HERE / name, into / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    ran = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=240)
    if ran.returncode != 0:
        pytest.skip(f"SIGN-IN WAS NOT TRIED WITH A REAL OPENID PROVIDER: npm cannot fetch it: {ran.stderr[-300:]}")
    return into / "node_modules" / "oidc-provider" / "lib" / "index.js"


@contextmanager
def running(scratch: Path, callback: str) -> Iterator[Provider]:
    """The provider, with one client that is sent back to `callback`."""
    module = installed(scratch)
    with subprocess.Popen(
        ["node", "--no-warnings", str(scratch / "provider.mjs"), callback],
        env={**os.environ, "OIDC_PROVIDER": str(module)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Provider(process)
        finally:
            process.kill()
