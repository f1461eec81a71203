"""The beginning of a connection, as dialogues: no rights before a hello, and none without a ticket."""

from dataclasses import replace
from pathlib import Path

import pytest

from sagews.backend.greeting import MAX_HELLO, NO_HELLO, WRONG_TICKET
from sagews.backend.reader import TOKEN
from tests.unit.backend.dialogue import READER, Tab, stage


async def refuses(tab: Tab, ticket: str) -> str:
    """Say hello with a ticket that is refused; return what is said of it."""
    await tab.ask("hello", id=3, ticket=ticket)
    failure = await tab.told("failure")
    assert (failure["code"], failure["request"]) == ("wrong_ticket", 3)
    assert tab.closed == WRONG_TICKET
    return str(failure["what"])


async def test_a_hello_gives_the_rights_of_its_ticket(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger()
        await tab.ask("hello", id=1, ticket=scene.tickets.issue(replace(READER, subject=TOKEN)))
        assert (await tab.told("welcome"))["environments"] == ["python"]
        assert tab.connection._greeting.reader == replace(READER, subject=TOKEN)
        await tab.ask("hello", id=2, ticket=scene.tickets.issue(READER))
        assert (await tab.told("failure"))["code"] == "out_of_order"
        await scene.opened(tab)
        assert tab.closed == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("open", {}),
        ("attach", {"session": "w1-a", "token": "secret"}),
        ("evaluate", {"session": "w1-a", "evaluation": "e", "code": "1"}),
        ("run", {"evaluation": "e" * 16, "code": "1"}),
        ("interrupt", {"session": "w1-a"}),
        ("close", {"session": "w1-a"}),
        ("detach", {"session": "w1-a"}),
        ("withdraw", {}),
    ],
)
async def test_before_it_nothing_is_done(tmp_path: Path, kind: str, fields: dict[str, object]) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger()
        await tab.ask(kind, id=7, **fields)
        failure = await tab.told("failure")
        assert (failure["code"], failure["request"], failure["noun"]) == ("out_of_order", 7, f"message '{kind}'")
        assert not scene.worker.ends
        await tab.ask("hello", ticket=scene.tickets.issue(READER))
        await tab.told("welcome")


async def test_before_it_nothing_large_is_read(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger()
        await tab.connection.receive("[" * (MAX_HELLO + 1))
        assert (await tab.told("failure"))["code"] == "out_of_order"


async def test_a_ticket_that_is_none_ends_the_connection(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        assert await refuses(scene.stranger(), "") == "is missing"
        assert await refuses(scene.stranger(), "x") == "is none of this site's"
        elsewhere = scene.tickets.issue(replace(READER, origin="https://example.com"))
        assert "another origin" in await refuses(scene.stranger(), elsewhere)


async def test_after_a_refusal_nothing_is_heard(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger()
        await refuses(tab, "x")
        await tab.ask("hello", ticket=scene.tickets.issue(READER))
        await tab.ask("open", id=4)
        assert tab.silent and not scene.worker.ends


async def test_a_transport_that_anybody_may_send_on_gets_no_rights(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger(sender=None)
        assert "cookie" in await refuses(tab, scene.tickets.issue(READER))


async def test_who_says_no_hello_is_ended(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = scene.stranger()
        timer = tab.connection._timer
        assert timer is not None and 9 < timer.when() - tab.connection._loop.time() <= 10
        timer._run()
        assert tab.closed == NO_HELLO
