"""What blocks does so beside the event loop."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from sagews.client.aside import Aside


@pytest.fixture
async def aside() -> Iterator[Aside]:
    one = Aside()
    yield one
    one.end()


async def test_the_loop_goes_on_while_a_call_blocks(aside: Aside) -> None:
    gate = threading.Event()
    called: list[int] = []
    blocked = asyncio.create_task(aside.call(lambda: called.append(gate.wait(5))))
    following = asyncio.create_task(aside.call(lambda: called.append(2)))
    await asyncio.sleep(0.05)
    assert called == []
    gate.set()
    await asyncio.wait_for(asyncio.gather(blocked, following), 5)
    assert called == [True, 2]


async def test_what_a_call_raises_reaches_the_caller(aside: Aside) -> None:
    def fail() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await asyncio.wait_for(aside.call(fail), 5)
    await asyncio.wait_for(aside.call(lambda: None), 5)


async def test_a_caller_may_give_up(aside: Aside) -> None:
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(aside.call(lambda: bool(gate.wait(5)) and None), 0.05)
    gate.set()
    await asyncio.wait_for(aside.call(lambda: None), 5)
