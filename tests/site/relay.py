"""A TCP relay to a server, whose connections a test can cut, hold or refuse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """Carries bytes between clients and one server of this machine."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.accepted = 0
        """Connections so far."""
        self.refusing = False
        """Whether new connections are closed at once."""
        self.port = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._held: list[asyncio.Event] = []

    def hold(self) -> None:
        """Take what comes on the connections so far and pass nothing on, as a network that has forgotten them."""
        self._flowing.clear()
        self._held.append(self._flowing)
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def url(self) -> str:
        """The address of a site behind it."""
        return f"http://127.0.0.1:{self.port}/"

    def cut(self) -> int:
        """Break every connection, as a network that fails does; return how many there were."""
        for writer in self._writers:
            writer.transport.abort()
        for flowing in self._held:
            flowing.set()
        return len(self._writers) // 2

    def freeze(self) -> None:
        """Carry nothing any more, and tell nobody: a network that is gone. New connections are made and hang."""
        self._flows.clear()

    def thaw(self) -> None:
        """Carry on."""
        self._flows.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        if self.refusing:
            writer.transport.abort()
            return
        self.accepted += 1
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, server_writer}
        try:
            flowing = self._flowing
            pumps = self._pump(reader, server_writer, flowing), self._pump(server_reader, writer, flowing)
            await asyncio.gather(*pumps)
        finally:
            for each in (writer, server_writer):
                self._writers.discard(each)
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await flowing.wait()
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        await self._flows.wait()
        writer.transport.abort()


@asynccontextmanager
async def relay(port: int) -> AsyncIterator[Relay]:
    """Give a relay to the server on `port`, on a free port of its own."""
    one = Relay(port)
    server = await asyncio.start_server(one.carry, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        one.cut()
        one.thaw()
        await asyncio.sleep(0)
