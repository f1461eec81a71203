"""For whom worksheets are not, whoever they are; and what the database said a moment ago."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend.reader import Reader
from sagews.backend.worksheets import admissions
from sagews.backend.worksheets.admissions import Admissions, Visitor
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.members import Members, Role
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.worksheets.backends import Backend as Part
from tests.unit.backend.worksheets.backends import with_worksheet

ORIGINS = ("https://Course.example.org", "https://sage.example.org")


@pytest.mark.parametrize(
    ("reader", "may"),
    [
        (Reader("", ""), True),
        (Reader("", "https://sage.example.org", subject="account:a", login="l"), True),
        (Reader("", "http://127.0.0.1:8080", subject="account:a", login="l"), True),
        (Reader("", "https://course.example.org", subject="account:a", login="l"), False),
        (Reader("", "https://COURSE.example.org", subject="account:a", login="l"), False),
        (Reader("", "", subject="account:a", login="token:7"), False),
    ],
)
async def test_worksheets_are_for_people_on_our_own_pages(tmp_path: Path, reader: Reader, may: bool) -> None:
    settings = Backend(origins=ORIGINS, hosts=("sage.example.org",))
    site = Site(data_directory=str(tmp_path), backend=settings)
    database = Database(site)
    desks = Desks(site, database, Shelf(site, database))
    if may:
        desks.check(reader)
    else:
        with pytest.raises(RefusedRequest, match="own pages"):
            desks.check(reader)
    await database.close()


async def test_what_somebody_may_is_known_for_two_seconds_and_no_longer(
    backends: tuple[Part, Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = backends[0].database
    worksheet = await with_worksheet(database)
    members = Members(database)
    (owner,) = await members.of(worksheet.workspace)
    known = Admissions(members)
    visitor = Visitor(worksheet.workspace, owner.account, "")
    entry = await known.entry(visitor)
    assert entry is not None and entry.role is Role.OWNER
    assert await known.entry(visitor) is entry, "the database is not asked again"
    assert await known.entry(Visitor(worksheet.workspace, "", "")) is None
    assert await known.entry(Visitor(worksheet.workspace, "", "a link")) is None
    assert await known.entry(Visitor("another", owner.account, "")) is None
    monkeypatch.setattr(admissions, "FRESH", 0.05)
    await asyncio.sleep(0.1)
    again = await known.entry(visitor)
    assert again is not None and again is not entry
    assert len(known._known) == 1, "what is too old is forgotten"
