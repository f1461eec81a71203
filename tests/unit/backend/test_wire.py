"""How far what was written has come, at both ends of a real connection."""

import asyncio
import socket

from sagews.backend.wire import Wire
from tests.unit.backend.far_end import far_end

SIZE = 200_000


async def test_what_is_taken_is_told_from_what_is_written() -> None:
    async with far_end() as (transport, far):
        wire = Wire(transport)
        begun = wire.written
        assert wire.taken == begun
        transport.write(b"x" * SIZE)
        await asyncio.sleep(0.1)
        assert wire.written == begun + SIZE
        assert begun <= wire.taken < begun + SIZE
        await far.read(SIZE)
        async with asyncio.timeout(5):
            while wire.taken < begun + SIZE:
                await asyncio.sleep(0.01)
        assert wire.taken == wire.written


async def test_what_the_kernel_has_no_room_for_counts_as_written() -> None:
    async with far_end() as (transport, _):
        wire = Wire(transport)
        begun = wire.written
        transport.write(b"x" * 10_000_000)
        assert transport.get_write_buffer_size() > 0
        assert wire.written == begun + 10_000_000


async def test_the_kernel_gives_up_a_peer_that_takes_nothing() -> None:
    async with far_end() as (transport, _):
        wire = Wire(transport)
        wire.give_up_after(0.5)
        told = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert told == 500
        transport.write(b"x" * 10_000_000)
        async with asyncio.timeout(30):
            while not transport.is_closing():
                await asyncio.sleep(0.1)
