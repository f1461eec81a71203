"""The history, of which commits say what they like: whose a version is, is what was written down when it came."""

from pathlib import Path

import pytest

from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.history import MOST_PAGE
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.arrivals import Arrival, Way
from sagews.database.database import Database
from tests.unit.backend.workspaces.conftest import with_workspace
from tests.unit.backend.workspaces.test_receiving import packed, pushed

EMMY = Author("Emmy", "a", time=1e9)


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> Shelf:
    """Give the shelf of a site that has the workspace `w`, in both databases."""
    return Shelf(Site(data_directory=str(tmp_path)), await with_workspace(database))


async def test_what_was_saved_and_what_was_pushed(shelf: Shelf, tmp_path: Path) -> None:
    assert await shelf.history.page("w") == []
    first = (await shelf.store.save("w", {"a": b"1"}, base=None, author=EMMY, message="begin")).commit
    new, pack = await packed(shelf.store, first, {"a": b"2"}, tmp_path / "client")
    await shelf.receiving.receive(pushed("w", first, new), [pack])
    last = (await shelf.store.save("w", {"b": b"1"}, base=new, author=Author("somebody with a link"))).commit
    # What is saved as it is makes no version.
    assert (await shelf.store.save("w", {"b": b"1"}, base=last, author=EMMY)).commit == last
    page = await shelf.history.page("w")
    assert [each.commit.id for each in page] == [last, new, first]
    assert [each.arrival for each in page] == [Arrival(Way.SAVED), Arrival(Way.PUSHED, "a"), Arrival(Way.SAVED, "a")]
    # The pushed one says that it is by account `a`, as what is saved does.
    assert [each.commit.email for each in page] == ["", "a", "a"]
    assert [each.commit.id for each in await shelf.history.page("w", path="a")] == [new, first]
    assert [each.commit.parents for each in page] == [(new,), (first,), ()]
    assert await shelf.history.page("w", path="c") == []
    assert [each.commit.id for each in await shelf.history.page("w", version=new, skip=1, most=1)] == [first]


async def test_messages_as_large_as_a_pack_may_have(shelf: Shelf, tmp_path: Path) -> None:
    first = (await shelf.store.save("w", {"a": b"1"}, base=None, author=EMMY, message="begin")).commit
    # One that is read whole, and two of which the beginning is.
    head, sizes = first, (65_000, 66_000, 1_000_000)
    for number, size in enumerate(sizes):
        files = {"a": b"%d" % number}
        new, pack = await packed(shelf.store, head, files, tmp_path / f"client{number}", message=b"x" * size)
        await shelf.receiving.receive(pushed("w", head, new), [pack])
        head = new
    last = (await shelf.store.save("w", {"b": b"1"}, base=head, author=EMMY, message="last")).commit
    page = await shelf.history.page("w", most=MOST_PAGE + 1)
    assert [each.commit.message for each in page] == ["last", *["x" * 10_000 + "…"] * 3, "begin"]
    assert [each.commit.author for each in page] == ["Emmy", "a", "a", "a", "Emmy"]
    assert page[0].commit.id == last and page[0].commit.parents == (head,)
