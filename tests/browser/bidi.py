"""Firefox, driven by WebDriver BiDi over a WebSocket, since Debian's Firefox knows no other way that is installed.

Source: W3C WebDriver BiDi, https://www.w3.org/TR/webdriver-bidi/
"""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

START_DEADLINE = 60.0
DEADLINE = 20.0

_PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
}


class Firefox:
    """One Firefox with one tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self.tab = ""
        self.errors: list[str] = []
        """What the page wrote into the console as an error."""

    async def begin(self) -> None:
        await self.command("session.new", capabilities={})
        await self.command("session.subscribe", events=["log.entryAdded"])
        tree = await self.command("browsingContext.getTree")
        self.tab = tree["contexts"][0]["context"]

    async def command(self, method: str, **parameters: Any) -> Any:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(DEADLINE):
            while True:
                message = json.loads(await self._socket.receive_str())
                if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                    self.errors.append(message["params"]["text"])
                if message.get("id") == number:
                    assert message["type"] == "success", message
                    return message["result"]

    async def open(self, url: str) -> None:
        await self.command("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    async def reload(self) -> None:
        await self.command("browsingContext.reload", context=self.tab, wait="complete")

    async def value(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        result = await self.command(
            "script.evaluate", expression=expression, target={"context": self.tab}, awaitPromise=True
        )
        assert result["type"] == "success", result
        return result["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + DEADLINE
        while not await self.value(f"Boolean({expression})"):
            text = await self.value("document.body.innerText") if time.monotonic() > end else ""
            assert time.monotonic() < end, f"{expression} is not true; the page: {text}"
            await asyncio.sleep(0.05)

    async def type(self, *keys: str) -> None:
        """Press keys one after the other; one after `+` is pressed together with those before it."""
        actions: list[dict[str, str]] = []
        for key in keys:
            held = key.split("+") if len(key) > 1 and "+" in key else [key]
            named = [_KEYS.get(name, name) for name in held]
            actions += [{"type": "keyDown", "value": name} for name in named]
            actions += [{"type": "keyUp", "value": name} for name in reversed(named)]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        await self.command("input.performActions", context=self.tab, actions=[source])


_KEYS = {"Shift": "\ue008", "Control": "\ue009", "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}


@contextlib.asynccontextmanager
async def firefox(path: str, folder: Path) -> AsyncIterator[Firefox]:
    """Start the Firefox at a path with a new profile; end it with all its processes."""
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        path,
        *("--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile), "about:blank"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder), "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "800"},
        start_new_session=True,
    )
    try:
        address = await _address(process)
        draining = asyncio.create_task(_drain(process))
        async with aiohttp.ClientSession() as client, client.ws_connect(f"{address}/session", max_msg_size=0) as socket:
            browser = Firefox(socket)
            await browser.begin()
            yield browser
        draining.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        shutil.rmtree(profile, ignore_errors=True)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(START_DEADLINE):
        while line := (await process.stderr.readline()).decode(errors="replace"):
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1]
    raise AssertionError("Firefox ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass
