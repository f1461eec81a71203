"""Who is in a worksheet is told to the others there, at this backend and at others, and is believed by nobody."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sagews.backend.worksheets.company import CHANNEL, MOST_BYTES, MOST_ELSEWHERE, MOST_SHOWN, Company
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.hints import Hints
from sagews.errors import WorksheetError
from sagews.protocol import MAX_PRESENCE
from sagews.protocol import sagews_pb2 as pb
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql

DEADLINE = 20.0


class Visitor:
    """Somebody in a worksheet."""

    def __init__(self, company: Company, name: str, worksheet: str = "w") -> None:
        self.company, self.worksheet = company, worksheet
        self.there: dict[str, tuple[str, str]] = {}
        self.told: list[pb.WorksheetPresence] = []
        self.reads = True
        self.person = company.enter(worksheet, name, self._told)

    def show(self, presence: str) -> None:
        self.company.show(self.worksheet, self.person, presence)

    def leave(self) -> None:
        self.company.leave(self.worksheet, self.person)

    @property
    def people(self) -> list[tuple[str, str]]:
        return list(self.there.values())

    def _told(self, said: pb.WorksheetPresence) -> bool:
        if not self.reads:
            return False
        self.told.append(said)
        if not said.changes:
            self.there = {}
        for person in said.gone:
            self.there.pop(person, None)
        self.there |= {each.person: (each.name, each.presence) for each in said.people}
        return True


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@asynccontextmanager
async def company(folder: Path, server: PostgreSQL | None) -> AsyncIterator[tuple[Company, Database]]:
    settings = Settings() if server is None else Settings(url=server.url)
    database = Database(Site(data_directory=str(folder / "data"), database=settings), PASSWORD)
    await database.migrate()
    hints = Hints(database)
    one = Company(database, hints)
    hints.start()
    one.start()
    try:
        yield one, database
    finally:
        await one.stop()
        await hints.stop()
        await database.close()


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not what():
            await asyncio.sleep(0.02)


async def test_people_of_one_backend_see_each_other(tmp_path: Path) -> None:
    async with company(tmp_path, None) as (one, _):
        ada, eve, elsewhere = Visitor(one, "Ada"), Visitor(one, "Eve"), Visitor(one, "Bob", "v")
        ada.show('{"cell": "c1"}')
        await until(lambda: eve.people == [("Ada", '{"cell": "c1"}')])
        assert ada.people == elsewhere.people == []
        ada.leave()
        await until(lambda: eve.people == [])


async def test_people_of_two_backends_see_each_other_and_go(tmp_path: Path, server: PostgreSQL) -> None:
    async with company(tmp_path, server) as (one, _), company(tmp_path, server) as (two, _):
        # What is told before it listens is told again a moment later.
        ada, eve = Visitor(one, "Ada"), Visitor(two, "Ève 😀")
        ada.show('{"cell": "c1"}')
        eve.show('{"name": "\\"\\u0000\'"}')
        await until(lambda: eve.people == [("Ada", '{"cell": "c1"}')])
        await until(lambda: ada.people == [("Ève 😀", '{"name": "\\"\\u0000\'"}')])
        late = Visitor(two, "Bob")
        await until(lambda: len(late.people) == 2)
        ada.leave()
        await until(lambda: [name for name, _ in late.people] == ["Ève 😀"])


async def test_whoever_is_told_of_no_more_is_gone(
    tmp_path: Path, server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sagews.backend.worksheets.company.GONE_SECONDS", 0.5)
    async with company(tmp_path, None) as (one, _):
        ada = Visitor(one, "Ada")
        one.hear(json.dumps(["other", [["w", "p", "Eve", "{}"]]]))
        await until(lambda: ada.people == [("Eve", "{}")])
        await until(lambda: ada.people == [])


@pytest.mark.parametrize(
    "text",
    [
        *("", "[", "7", "[" * 5000, "[1, 2]", '["b", {}]', '["b", [["w"]]]', '["b", [["w", "p", "n", 7]]]'),
        json.dumps(["b", [["w", "p", "n", "x" * (MAX_PRESENCE + 1)]]]),
        json.dumps(["b", [["w", "p" * 65, "n", "{}"]]]),
        json.dumps(["b", [["w", "p", "n" * 101, "{}"]]]),
        json.dumps(["b", [["another", "p", "n", "{}"]]]),
    ],
)
async def test_what_is_no_word_of_a_backend_is_not_heard(tmp_path: Path, text: str) -> None:
    async with company(tmp_path, None) as (one, _):
        ada = Visitor(one, "Ada")
        one.hear(text)
        one.hear(json.dumps(["other", [["w", "p2", "Eve", "{}"]]]))
        await until(lambda: ada.people)
        assert ada.people == [("Eve", "{}")]


async def test_there_are_no_more_people_than_can_be_shown(tmp_path: Path) -> None:
    async with company(tmp_path, None) as (one, _):
        ada = Visitor(one, "Ada")
        for number in range(10 * MOST_ELSEWHERE):
            one.hear(json.dumps(["other", [["w", f"p{number}", "Eve", "{}"]]]))
        await until(lambda: ada.people)
        assert len(ada.people) == MOST_SHOWN
        assert len(one._worksheets["w"].elsewhere) == MOST_ELSEWHERE


async def test_of_many_people_those_are_told_who_have_moved(tmp_path: Path) -> None:
    many = 200
    async with company(tmp_path, None) as (one, _):
        visitors = [Visitor(one, str(number)) for number in range(many)]
        for each in visitors:
            each.show("{}")
        one._tell()
        names = [name for name, _ in visitors[-1].people]
        assert names == [str(number) for number in range(MOST_SHOWN)], "those who came first"
        assert len(visitors[0].people) == MOST_SHOWN - 1
        for each in visitors:
            each.told.clear()
        visitors[3].show('{"cell": "c"}')
        visitors[-1].show('{"cell": "nobody is shown it"}')
        one._tell()
        assert sum(len(said.people) for each in visitors for said in each.told) == many - 1
        assert visitors[3].told == [] and visitors[0].there[visitors[3].person] == ("3", '{"cell": "c"}')
        visitors[3].leave()
        one._tell()
        assert visitors[3].person not in visitors[0].there
        # Somebody else is shown in their place.
        assert [len(each.people) for each in (visitors[0], visitors[-1])] == [MOST_SHOWN - 1, MOST_SHOWN]
        assert visitors[0].people[-1][0] == str(MOST_SHOWN)


async def test_who_reads_too_slowly_is_told_of_everybody_later(tmp_path: Path) -> None:
    async with company(tmp_path, None) as (one, _):
        ada, eve, bob = (Visitor(one, name) for name in ("Ada", "Eve", "Bob"))
        for each in (ada, bob):
            each.show("{}")
        one._tell()
        eve.reads = False
        ada.leave()
        bob.show('{"cell": "c1"}')
        one._tell()
        assert eve.people == [("Ada", "{}"), ("Bob", "{}")]
        eve.reads = True
        one._tell()
        assert eve.people == [("Bob", '{"cell": "c1"}')] and not eve.told[-1].changes


async def test_nobody_takes_the_place_of_somebody_here(tmp_path: Path) -> None:
    async with company(tmp_path, None) as (one, _):
        ada, eve = Visitor(one, "Ada"), Visitor(one, "Eve")
        ada.show("{}")
        one.hear(json.dumps(["other", [["w", ada.person, "Mallory", '{"cell": "x"}']]]))
        await until(lambda: eve.people)
        assert eve.people == [("Ada", "{}")]


@pytest.mark.parametrize("presence", ["", "7", "[]", "nonsense", "[" * 1000, '{"a": NaN}'])
async def test_what_is_no_object_is_not_shown(tmp_path: Path, presence: str) -> None:
    async with company(tmp_path, None) as (one, _):
        ada = Visitor(one, "Ada")
        with pytest.raises(WorksheetError):
            ada.show(presence)


async def test_where_there_is_no_other_backend_nobody_is_remembered_for_it(tmp_path: Path) -> None:
    async with company(tmp_path, None) as (one, _):
        for number in range(100):
            visitor = Visitor(one, str(number))
            visitor.show("{}")
            visitor.leave()
        assert one._news == {} and one._worksheets == {}


async def test_messages_are_small_and_few(tmp_path: Path, server: PostgreSQL) -> None:
    async with company(tmp_path, server) as (one, database), company(tmp_path, server) as (_, other):
        await one.stop()
        for number in range(300):
            # What has the most bytes for its length.
            Visitor(one, "é" * 100, f"w{number}").show('{"a":"' + "\\u0000" * 100 + "é" * 150 + '"}')
        for _ in range(2):
            messages = list(one._messages())
            assert 1 <= len(messages) <= 16
            for message in messages:
                assert len(message.encode()) <= MOST_BYTES
                await other.run(
                    lambda connection, message=message: connection.execute(select(func.pg_notify(CHANNEL, message)))
                )  # type: ignore[misc]
        assert not database.is_file
