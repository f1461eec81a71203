"""A client that polls: whose it is, and its queue."""

import asyncio
import json

import pytest
from sockjs.exceptions import SessionIsClosed
from sockjs.protocol import Frame
from sockjs.session import SessionState

from sagews.backend.polling import Polling
from sagews.backend.socket import HIGH_WATER, MAX_UNSENT


class Behind:
    """What stands behind a client in these tests."""

    def __init__(self) -> None:
        self.drains = 0
        self.closed = False

    async def receive(self, text: str) -> None:
        raise AssertionError("nothing is sent")

    async def receive_binary(self, data: bytes) -> None:
        raise AssertionError("nothing is sent")

    def drained(self) -> None:
        self.drains += 1

    def close(self) -> None:
        self.closed = True


def polling(limit: int = 1000, seconds: float = 5.0) -> Polling:
    """Return one that has begun, with a request that receives for some seconds."""
    one = Polling(limit, "name")
    one.state = SessionState.OPEN
    one.inlet = Behind()
    one._until = asyncio.get_running_loop().time() + seconds
    return one


COOKIE, ORIGIN = "c1", "https://math.example.org"


async def test_it_belongs_to_the_cookie_of_its_first_request() -> None:
    one = polling()
    one.begin(COOKIE, ORIGIN, offered="")
    assert one.sender == ORIGIN
    assert one.belongs_to(COOKIE, ORIGIN) and one.belongs_to(COOKIE, None) and one.belongs_to(COOKIE, "")
    assert not one.belongs_to("", ORIGIN) and not one.belongs_to("c2", ORIGIN)
    assert not one.belongs_to(COOKIE, "https://evil.example")


async def test_it_belongs_to_the_cookie_that_was_offered_once_that_is_shown() -> None:
    one = polling()
    one.begin("", "", offered="c9")
    assert one.sender is None
    assert not one.belongs_to("c8", "")
    assert one.belongs_to("c9", "") and one.sender == ""
    assert not one.belongs_to("", "")


async def test_without_a_cookie_it_is_anybodys_and_has_no_sender() -> None:
    one = polling()
    one.begin("", "", offered="c9")
    assert one.belongs_to("", "") and one.sender is None
    assert not one.belongs_to("c9", "")


@pytest.mark.parametrize("first", [ORIGIN, ""])
async def test_what_begins_with_a_get_has_the_origin_that_is_told_first(first: str) -> None:
    one = polling()
    one.begin(COOKIE, None, offered="")
    assert one.belongs_to(COOKIE, None) and one.belongs_to(COOKIE, first)
    assert one.sender == first
    assert not one.belongs_to(COOKIE, "https://evil.example")


async def test_messages_come_in_order_and_what_is_too_much_waits() -> None:
    one = polling(limit=10)
    texts = ["x" * 6, "y" * 6, "z", "w"]
    for text in texts:
        assert one.send(text)
    got = []
    while len(got) < 4:
        kind, frame = await one.get_frame()
        assert kind is Frame.MESSAGE
        got += json.loads(frame[1:])
    assert got == texts and one._unsent == 0


async def test_a_request_ends_after_its_time_and_the_next_goes_on() -> None:
    one = polling(seconds=0.05)
    with pytest.raises(SessionIsClosed):
        await one.get_frame()
    one._until += 5
    waiting = asyncio.create_task(one.get_frame())
    await asyncio.sleep(0)
    one.send("a")
    assert (await waiting)[1] == 'a["a"]'


async def test_it_is_congested_until_it_is_read() -> None:
    one = polling(limit=1 << 20)
    behind = one.inlet
    assert isinstance(behind, Behind)
    for _ in range(3):
        one.send("x" * (HIGH_WATER // 2))
    assert one.congested and behind.drains == 0
    await one.get_frame()
    assert not one.congested and behind.drains == 1


async def test_who_does_not_read_is_told_to_come_back_and_costs_nothing_more() -> None:
    one = polling()
    behind = one.inlet
    assert isinstance(behind, Behind)
    for _ in range(MAX_UNSENT // (1 << 20) + 1):
        one.send("x" * (1 << 20))
    assert not one.send("more")
    kind, frame = await one.get_frame()
    assert kind is Frame.CLOSE and frame.startswith("c[3000,") and "too slowly" in frame
    assert not one._queue and one.state is SessionState.CLOSING
    await asyncio.sleep(0)
    assert behind.closed and one.inlet is None


async def test_what_stands_in_line_is_told_before_the_end() -> None:
    one = polling()
    one.send("last")
    one.close(4401, "why")
    one.close(3000, "again")
    assert not one.send("after")
    assert [(await one.get_frame())[1] for _ in range(2)] == ['a["last"]', 'c[4401,"why"]']
