"""Clients of SageMathCell, written with other people's WebSockets: a program, and a page over SockJS."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from tests.running import RunningSite

Json = dict[str, Any]

DEADLINE = 30.0
FILES = {"_sagecell_files": "sys._sage_.new_files()"}


def message(kind: str, content: Json, **header: str) -> Json:
    return {
        "channel": "shell",
        "header": {
            "msg_type": kind,
            "msg_id": str(uuid.uuid4()),
            "username": "",
            "session": str(uuid.uuid4()),
            **header,
        },
        "parent_header": {},
        "metadata": {},
        "content": content,
    }


def execute(code: str, **content: Any) -> Json:
    whole = {"code": code, "silent": False, "user_expressions": FILES, "allow_stdin": False, **content}
    return message("execute_request", whole)


class Heard:
    """Messages of a session, in their order."""

    def __init__(self, messages: list[Json]) -> None:
        self.messages = messages

    def of(self, kind: str) -> list[Json]:
        return [each["content"] for each in self.messages if each["header"]["msg_type"] == kind]

    def text(self, name: str = "stdout") -> str:
        return "".join(each["text"] for each in self.of("stream") if each["name"] == name)

    @property
    def states(self) -> list[str]:
        return [each["execution_state"] for each in self.of("status")]

    @property
    def reply(self) -> Json:
        (reply,) = self.of("execute_reply")
        return dict(reply)

    def reply_of(self, kind: str) -> Json:
        (reply,) = self.of(f"{kind}_reply")
        return dict(reply)

    @property
    def result(self) -> str:
        (result,) = self.of("execute_result")
        return str(result["data"]["text/plain"])


class Talk:
    """One client's messages with one session."""

    def __init__(self, identity: str, send: Callable[[Json], Any], receive: Callable[[], Any]) -> None:
        self.identity = identity
        self.send = send
        self.receive = receive

    async def until(self, ends: Callable[[list[Json]], bool]) -> Heard:
        messages: list[Json] = []
        async with asyncio.timeout(DEADLINE):
            while not ends(messages):
                messages.append(await self.receive())
        return Heard(messages)

    async def ask(self, asked: Json, reply: str = "execute_reply") -> Heard:
        """Send a message and return what answers it, to its reply and to idle, as SageMathCell's own client does."""
        await self.send(asked)
        return await self.answered(asked, reply)

    async def answered(self, asked: Json, reply: str = "execute_reply") -> Heard:
        def ends(messages: list[Json]) -> bool:
            own = [each for each in messages if each["parent_header"].get("msg_id") == asked["header"]["msg_id"]]
            kinds = {each["header"]["msg_type"] for each in own}
            return reply in kinds and any(each["content"].get("execution_state") == "idle" for each in own)

        return await self.until(ends)

    async def evaluate(self, code: str, **content: Any) -> Heard:
        return await self.ask(execute(code, **content))

    async def dies(self) -> Heard:
        return await self.until(lambda messages: bool(messages) and Heard(messages).states[-1:] == ["dead"])


async def opened(site: RunningSite, **arguments: str) -> Json:
    """Open a session as SageMathCell's own client does."""
    async with (
        aiohttp.ClientSession() as http,
        asyncio.timeout(DEADLINE),
        http.post(site.url + "kernel", data={"accepted_tos": "true", **arguments}) as response,
    ):
        assert response.status == 200, await response.text()
        assert response.content_type == "application/json"
        said: Json = await response.json()
        assert response.headers["Jupyter-Kernel-ID"] == said["id"]
        assert said["ws_url"] == f"ws://127.0.0.1:{site.port}/"
        return said


@asynccontextmanager
async def talking(said: Json) -> AsyncIterator[Talk]:
    """Speak with a session over a WebSocket of its own, made by the library `websockets`."""
    socket: ClientConnection
    async with connect(f"{said['ws_url']}kernel/{said['id']}/channels", open_timeout=DEADLINE, max_size=None) as socket:

        async def send(asked: Json) -> None:
            await socket.send(json.dumps(asked))

        async def receive() -> Json:
            found: Json = json.loads(await socket.recv())
            return found

        yield Talk(said["id"], send, receive)


class Page:
    """A page: all its sessions over one SockJS connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.waiting: dict[str, asyncio.Queue[Json]] = {}

    def talk(self, prefix: str) -> Talk:
        """Speak with the session of an id, or with `complete`."""
        channel = prefix if prefix == "complete" else f"{prefix}/channels"
        waiting = self.waiting.setdefault(channel, asyncio.Queue())

        async def send(asked: Json) -> None:
            await self.raw(f"{channel},{json.dumps(asked)}")

        return Talk(prefix, send, waiting.get)

    async def raw(self, text: str) -> None:
        await self.socket.send_str(json.dumps([text]))

    async def listen(self) -> None:
        async for frame in self.socket:
            if frame.data[0] == "a":
                for text in json.loads(frame.data[1:]):
                    channel, _, rest = text.partition(",")
                    self.waiting.setdefault(channel, asyncio.Queue()).put_nowait(json.loads(rest))


@asynccontextmanager
async def page_of(site: RunningSite, **headers: str) -> AsyncIterator[Page]:
    url = f"{site.url}sockjs/123/{uuid.uuid4().hex[:8]}/websocket?CellSessionID={uuid.uuid4()}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as socket:
        assert (await socket.receive(DEADLINE)).data == "o"
        page = Page(socket)
        listening = asyncio.create_task(page.listen())
        try:
            yield page
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
