"""The page of a publication is made of a notebook, within what it may have."""

import gzip
import hashlib
from dataclasses import replace

import pytest

from sagews.backend.formats import notebook
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.imprint import LICENCES, LONGEST_LINK, Imprint, live_link
from sagews.backend.formats.notebook import Notebook
from sagews.backend.publishing.press import printed
from sagews.errors import WorkspaceError

IMPRINT = Imprint(
    name="lesson",
    title="",
    authors="A & B",
    licence="CC-BY-4.0",
    address="https://example.org/published/x",
    copy="/workspaces#copy=x",
    script="/static/published.js",
    updated=0.0,
    listed=True,
)


def of(*cells: Cell, metadata: str = "{}") -> bytes:
    return notebook.write(Notebook(cells=cells, metadata=metadata))


async def test_the_title_is_what_is_said_or_found() -> None:
    code, heading = Cell("b", CellType.CODE, "1"), Cell("a", CellType.MARKDOWN, "# Rings <b>")
    for content, imprint, title in (
        (of(code), IMPRINT, "lesson"),
        (of(heading, code), IMPRINT, "Rings"),
        (of(heading, metadata='{"title": "Algebra"}'), IMPRINT, "Algebra"),
        (of(heading), replace(IMPRINT, title="Mine"), "Mine"),
    ):
        made = await printed(content, imprint, 1 << 20)
        page = gzip.decompress(made.pages.page).decode()
        assert (
            made.title == title and f"<title>{title}</title>" in page and f"<cite>{title}</cite>. 1970-01-01." in page
        )
        # One heading of the first level: that of the notebook, or its title.
        assert page.count("<h1") == 1 and "A &amp; B" in page
        assert made.pages.hash == hashlib.sha256(made.pages.page).digest()
        assert gzip.decompress(made.pages.notebook) == content


async def test_a_page_that_would_be_too_large_is_not_made() -> None:
    content = of(Cell("a", CellType.CODE, "1 + 1"))
    size = len(gzip.decompress((await printed(content, IMPRINT, 1 << 20)).pages.page))
    await printed(content, IMPRINT, size)
    with pytest.raises(WorkspaceError, match="page of the worksheet: would have 0 MiB"):
        await printed(content, IMPRINT, size - 1)


async def test_what_is_no_notebook_is_told() -> None:
    with pytest.raises(WorkspaceError, match="notebook: is not JSON"):
        await printed(b"no", IMPRINT, 1 << 20)


async def test_only_python_is_made_live() -> None:
    code = Cell("a", CellType.CODE, "1 + 1")
    for language, lives in (("python", True), ("sage", True), ("julia", False)):
        made = await printed(of(code, metadata=f'{{"language_info": {{"name": "{language}"}}}}'), IMPRINT, 1 << 20)
        assert (b'class="live"' in gzip.decompress(made.pages.page)) is lives
    assert live_link(" ") == "" and live_link("1").startswith("/?z=")
    # What cannot be packed has no link that nobody could follow.
    noise = hashlib.shake_256(b"").hexdigest(2 * LONGEST_LINK)
    assert live_link(noise) == ""


def test_each_licence_but_none_has_its_text() -> None:
    assert all(url.startswith("https://") for name, (_, url) in LICENCES.items() if name)
