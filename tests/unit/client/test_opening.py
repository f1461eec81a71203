"""A session that was asked for: its answer, and how long somebody waits for it."""

import asyncio

import pytest

from sagews.client.opening import Opening
from sagews.errors import ServiceError


async def test_an_answer_in_time_and_none() -> None:
    opening = Opening({"kind": "open"})
    assert not opening.answered
    with pytest.raises(TimeoutError):
        await opening.within(0.05)
    assert opening.answered
    opening.fail(ServiceError("too late"))


async def test_who_stands_in_line_waits_for_as_long_as_the_site_wants() -> None:
    opening = Opening({"kind": "open"})
    waiting = asyncio.create_task(opening.within(0.1))
    await asyncio.sleep(0)
    opening.stands_in_line()
    await asyncio.sleep(0.2)
    assert not waiting.done()
    opening.fail(ServiceError("has no place", "site", "try again"))
    with pytest.raises(ServiceError, match="has no place"):
        await waiting
