"""Permalinks in both databases: what is put is found, by its name alone and until it expires."""

import asyncio
import time

import pytest

from sagews.database.database import Database
from sagews.database.permalinks import BATCH, Permalink, Permalinks, new_id


@pytest.fixture
def permalinks(database: Database) -> Permalinks:
    return Permalinks(database)


@pytest.mark.parametrize("code", ["1+1", "", "print('¡π ≈ 3!')\r\n", "nul \0 and 🎈", "x" * 1_000_000])
async def test_what_is_put_is_found_as_it_was(permalinks: Permalinks, code: str) -> None:
    put = Permalink(
        id=new_id(),
        code=code,
        language="python",
        environment="sage",
        interacts='{"a": 1}',
        created=1795.25,
        expires=time.time() + 60,
    )
    await permalinks.put(put)
    assert await permalinks.get(put.id) == put


async def test_names_cannot_be_guessed_and_nothing_else_finds_a_link(permalinks: Permalinks) -> None:
    names = {new_id() for _ in range(1000)}
    assert len(names) == 1000 and {len(name) for name in names} == {22}
    await permalinks.put(Permalink(id="abc", code="1"))
    for other in ("", "ab", "abcd", "ABC", "abc ", "%", "abc' or '1'='1"):
        assert await permalinks.get(other) is None


async def test_a_link_that_has_expired_is_gone_before_it_is_swept(permalinks: Permalinks) -> None:
    await permalinks.put(Permalink(id="past", code="1", expires=time.time() - 1))
    await permalinks.put(Permalink(id="never", code="2"))
    await permalinks.put(Permalink(id="soon", code="3", expires=time.time() + 0.5))
    assert await permalinks.get("past") is None
    assert (found := await permalinks.get("never")) is not None and found.code == "2"
    assert await permalinks.get("soon") is not None
    async with asyncio.timeout(5):
        while await permalinks.get("soon") is not None:
            await asyncio.sleep(0.05)


async def test_what_has_expired_is_swept_in_batches_and_no_more(permalinks: Permalinks) -> None:
    for number in range(BATCH + 3):
        await permalinks.put(Permalink(id=f"p{number}", code="1", expires=1.0))
    await permalinks.put(Permalink(id="never", code="2"))
    await permalinks.put(Permalink(id="later", code="3", expires=time.time() + 60))
    assert [await permalinks.sweep() for _ in range(3)] == [BATCH, 3, 0]
    assert await permalinks.get("never") is not None and await permalinks.get("later") is not None


async def test_two_that_sweep_at_once_delete_each_link_once(permalinks: Permalinks) -> None:
    for number in range(20):
        await permalinks.put(Permalink(id=f"p{number}", code="1", expires=1.0))
    async with asyncio.timeout(10):
        assert sum(await asyncio.gather(permalinks.sweep(), permalinks.sweep())) == 20


async def test_the_same_put_twice_is_one_link(permalinks: Permalinks) -> None:
    await permalinks.put(Permalink(id="one", code="1"))
    await permalinks.put(Permalink(id="one", code="1"))
    found = await permalinks.get("one")
    assert found is not None and found.code == "1"


async def test_many_at_once(permalinks: Permalinks) -> None:
    links = [Permalink(id=new_id(), code=str(number)) for number in range(100)]
    async with asyncio.timeout(30):
        await asyncio.gather(*map(permalinks.put, links))
        assert await asyncio.gather(*(permalinks.get(link.id) for link in links)) == links
