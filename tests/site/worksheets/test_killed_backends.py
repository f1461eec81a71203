"""Edits that were acknowledged are there after their backend was killed, whatever moment that was."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import running_postgresql
from tests.site.worksheets.editor import DEADLINE, Editor, notebook
from tests.site.workspaces.house import House, running_house

ROUNDS = 60 if os.environ.get("SAGEWS_PROVE") else 2


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_postgresql() as server, running_house(tmp_path, server) as house:
        yield house


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_what_was_acknowledged_survives_a_kill(house: House, number: int) -> None:
    chance = random.Random(number)
    async with asyncio.timeout(8 * DEADLINE), house.person() as owner:
        workspace = await owner.make()
        await owner.save(workspace, "", {"a.ipynb": notebook("", "")})
        one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
        acknowledged: list[str] = []
        with pytest.raises((TimeoutError, ConnectionError)):
            async with one.at(owner.one):
                await _write_until_killed(house, one, acknowledged, 5 + chance.randrange(40))
        assert acknowledged
        # Another page, at the other backend, has all that was acknowledged, though the first never comes back.
        async with two.at(owner.two):
            assert all(word in two.sources[0] for word in acknowledged)
            two.write(1, 0, "two")
            await two.send_all()
            # It does come back after all, and what it could not send is there once.
            async with one.at(owner.two):
                assert one.unacknowledged == [] and one.sources[1] == "two"
                await two.until(lambda: two.sources == one.sources)
                words = one.sources[0].split()
                assert len(words) == len(set(words)) and set(acknowledged) <= set(words)


async def _write_until_killed(house: House, editor: Editor, acknowledged: list[str], most: int) -> None:
    for number in range(most + 100):
        word = f"λ{number}😀 "
        editor.write(0, len(editor.sources[0]), word)
        sending = asyncio.create_task(editor.send_all())
        if number == most:
            house.one.process.send_signal(signal.SIGKILL)
            house.one.process.wait(DEADLINE)
        await asyncio.wait_for(sending, 3.0)
        acknowledged.append(word.strip())
    raise AssertionError("it was not killed")
