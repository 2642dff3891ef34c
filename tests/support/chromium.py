"""A headless Chromium for tests of pages, driven through the Chrome DevTools protocol. None where none is installed."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, cast

from websockets.asyncio.client import ClientConnection, connect

from tests.support.postgres import scratch_directory

NAMED = "KEPT_TEST_CHROMIUM"
"""Names the environment variable with the path of the browser to use."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


def find_chromium() -> str | None:
    return os.environ.get(NAMED) or next(filter(None, map(shutil.which, _NAMES)), None)


class Tab:
    """One page. `told` are the events of the protocol that came, the oldest first."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._ids = socket, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self.session: str | None = None
        self.errors: list[str] = []
        """What its scripts and its console complained of."""

    async def listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message)
            if (waiting := self._waiting.pop(said.get("id", 0), None)) is not None:
                waiting.set_result(said)
            elif said.get("method") == "Page.loadEventFired":
                self._loaded.set()
            elif said.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(said["params"]["exceptionDetails"]))
            elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                self.errors.append(f"{said['params']['entry']['text']} {said['params']['entry'].get('url', '')}")

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The result. Raises RuntimeError with what the browser said."""
        id_ = next(self._ids)
        answer = self._waiting[id_] = asyncio.get_running_loop().create_future()
        call = {"id": id_, "method": method, "params": params}
        await self._socket.send(json.dumps(call | ({"sessionId": self.session} if self.session else {})))
        async with asyncio.timeout(20):
            said = await answer
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']}")
        return cast("dict[str, Any]", said["result"])

    async def goto(self, url: str) -> None:
        """Returns when the page has loaded."""
        self._loaded.clear()
        await self.send("Page.navigate", url=url)
        await self.loaded()

    async def loaded(self) -> None:
        async with asyncio.timeout(20):
            await self._loaded.wait()
        self._loaded.clear()

    async def value(self, script: str) -> Any:
        """What an expression comes to; a promise is waited for. Raises RuntimeError."""
        said = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(str(said["exceptionDetails"]))
        return said["result"].get("value")

    async def until(self, script: str, *, within: float = 5.0) -> None:
        """Waits until an expression is true. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not await self.value(f"Boolean({script})"):
                await asyncio.sleep(0.05)

    async def size(self, width: int, height: int = 844) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    async def touch(self) -> None:
        """From here on it is pointed at with fingers."""
        await self.send("Emulation.setTouchEmulationEnabled", enabled=True)

    async def scheme(self, scheme: Literal["light", "dark"]) -> None:
        await self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def cookie(self, url: str, name: str, value: str) -> None:
        secure = name.startswith("__Host-")
        await self.send("Network.setCookie", url=url, name=name, value=value, httpOnly=True, path="/", secure=secure)

    async def picture(self, path: Path, *, tallest: int = 3000) -> None:
        """The whole page as a PNG, as far as `tallest` pixels."""
        height = min(int(await self.value("Math.ceil(document.documentElement.scrollHeight)")), tallest)
        width = int(await self.value("window.innerWidth"))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    async def names(self) -> list[tuple[str, str]]:
        """(role, accessible name) of everything a person can act on or that has a role of its own."""
        tree = await self.send("Accessibility.getFullAXTree")
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in tree["nodes"]
            if not node.get("ignored") and "role" in node
        ]


@contextmanager
def running(chromium: str) -> Iterator[Path]:
    """A browser without a window and with nothing in it: its profile, by which tabs are opened."""
    with scratch_directory() as profile:
        command = [chromium, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield profile
        finally:
            process.kill()
            process.wait()


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Tab]:
    """A tab of its own, with cookies of its own."""
    async with connect(await _address(profile), max_size=None, proxy=None) as socket:
        tab = Tab(socket)
        listening = asyncio.create_task(tab.listen())
        context = (await tab.send("Target.createBrowserContext"))["browserContextId"]
        target = await tab.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await tab.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            await tab.send(f"{domain}.enable")
        yield tab
        tab.session = None
        await tab.send("Target.disposeBrowserContext", browserContextId=context)
        listening.cancel()


async def _address(profile: Path) -> str:
    """Where the browser listens, as it says in its profile. Raises TimeoutError."""
    said = profile / "DevToolsActivePort"
    async with asyncio.timeout(20):
        while not said.exists() or len(said.read_text().splitlines()) < 2:
            await asyncio.sleep(0.02)
    port, path = said.read_text().splitlines()[:2]
    return f"ws://127.0.0.1:{port}{path}"
