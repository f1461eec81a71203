"""When a peer is taken for gone, over a real connection."""

import asyncio

import pytest

from sagews.backend.pulse import Pace, Pulse
from sagews.backend.wire import Wire
from tests.unit.backend.far_end import far_end

EVERY, WITHIN = 0.1, 0.2
SIZE = 300_000


class Case:
    """A pulse whose pings are written to a connection."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self.asked: list[bytes] = []
        self.behind = False
        self.pulse = Pulse(self._ping, Wire(transport), lambda: self.behind, Pace(every=EVERY, within=WITHIN))

    async def _ping(self, payload: bytes) -> None:
        self.asked.append(payload)
        self._transport.write(payload)

    async def runs(self, seconds: float) -> bool:
        """Whether it still asks after this time."""
        try:
            async with asyncio.timeout(seconds):
                await self.pulse.run()
        except TimeoutError:
            return True
        return False


async def answer(case: Case) -> None:
    """Answer every ping."""
    while True:
        if case.asked:
            case.pulse.answer(case.asked[-1])
        await asyncio.sleep(EVERY / 10)


async def test_who_answers_lives() -> None:
    async with far_end() as (transport, _):
        case = Case(transport)
        answering = asyncio.create_task(answer(case))
        assert await case.runs(10 * WITHIN)
        answering.cancel()
    assert len(set(case.asked)) == len(case.asked) > 5


@pytest.mark.parametrize("pong", [None, b"", b"0", b"2"])
async def test_who_does_not_is_gone(pong: bytes | None) -> None:
    async with far_end() as (transport, _):
        case = Case(transport)
        if pong is not None:
            asyncio.get_running_loop().call_later(EVERY + WITHIN / 2, case.pulse.answer, pong)
        assert not await case.runs(10 * WITHIN)
    assert case.asked == [b"1"]


async def test_what_was_sent_before_excuses_it_until_it_has_come() -> None:
    async with far_end() as (transport, far):
        case = Case(transport)
        transport.write(b"x" * SIZE)
        assert await case.runs(10 * WITHIN)
        case = Case(transport)
        reading = asyncio.create_task(far.read(SIZE))
        assert not await case.runs(20 * WITHIN)
        await reading


async def test_our_being_behind_excuses_it() -> None:
    async with far_end() as (transport, _):
        case = Case(transport)
        case.behind = True
        assert await case.runs(10 * WITHIN)
        case.behind = False
        assert not await case.runs(10 * WITHIN)
