"""Notebooks in other formats over HTTP: taken out of a workspace in each, made worksheets of, or refused whole."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from sagews.backend.formats.conversion import WRITERS
from sagews.backend.workspaces.converter import ENDS
from tests.site.api_end import Json
from tests.site.workspaces.house import House, Person, running_house

WORDS = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Rings\n", "\n", "$x^2$"]}
CODE = {"cell_type": "code", "id": "b", "metadata": {"own": 1.0}, "execution_count": 1, "source": ["1 + 1"]}
CODE |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["two <script>alert(1)</script>"]}]}
NOTEBOOK = {"cells": [WORDS, CODE], "metadata": {"x": 1}, "nbformat": 4, "nbformat_minor": 5, "more": [1e300]}
OLD = {"nbformat": 2, "worksheets": [{"cells": [{"cell_type": "code", "input": "2", "language": "python"}]}]}

WRITTEN = {
    "html": (b"<h1", b"Rings", b"two &lt;script&gt;"),
    "pretext": (b"<section", b"<title>Rings", b"1 + 1"),
    "percent": (b"# %% [markdown]\n# # Rings", b"1 + 1"),
    "light": (b"# # Rings", b"1 + 1"),
    "markdown": (b"# Rings", b"```python own=1.0\n1 + 1"),
    "myst": (b"# Rings", b"{code-cell}", b"1 + 1"),
}
"""What a file of each format must have in it."""
READ = {
    "a.sagews": ("%md\n# Rings\n", ["# Rings"]),
    "b.py": ("# %% [markdown]\n# # Rings\n\n# %%\n1 + 1\n", ["# Rings", "1 + 1"]),
    "c.py": ("x = 1\n\ny = 2\n", ["x = 1", "y = 2"]),
    "d.md": ("# Rings\n\n```python\n1 + 1\n```\n", ["# Rings", "1 + 1"]),
    "e.md": ("# Rings\n\n```{code-cell}\n1 + 1\n```\n", ["# Rings", "1 + 1"]),
    "f/g.ptx": ("<section><title>Rings</title><sage><input>1 + 1</input></sage></section>", ["## Rings", "1 + 1"]),
}
"""Files, and the sources of the cells that are made of them."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a backend on a file."""
    with running_house(tmp_path_factory.mktemp("small"), None) as house:
        yield house


@pytest.fixture
async def writer(small: House) -> AsyncIterator[Person]:
    async with small.person() as person:
        yield person


def sources(text: str) -> list[str]:
    return ["".join(cell["source"]).strip() for cell in json.loads(text)["cells"]]


async def bring(person: Person, where: str, path: str, **more: str) -> Json:
    return await person.ask("POST", f"{where}/imported", 201, json={"path": path, **more})


def test_each_format_that_is_written_has_an_end() -> None:
    assert set(ENDS) == set(WRITERS) == {"ipynb", *WRITTEN}


@pytest.mark.parametrize("name", sorted(ENDS))
async def test_a_worksheet_is_taken_out_in_each_format(writer: Person, name: str) -> None:
    where = await writer.make()
    version = (await writer.save(where, "", {"f/ring;é.ipynb": json.dumps(NOTEBOOK)}))["version"]
    asked = {"path": "f/ring;é.ipynb", "format": name}
    status, content, headers = await writer.fetch(f"{where}/exported", two=True, headers=None, **asked)
    assert status == 200, content
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith(f'attachment; filename="ring;_{ENDS[name]}"; filename*=UTF-8')
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Sagews-Workspace-Version"] == version
    if name == "ipynb":
        assert json.loads(content) == NOTEBOOK
    for part in WRITTEN.get(name, ()):
        assert part in content, content
    assert b"<script>" not in content or name in ("ipynb",)
    # Of an older version, what was in that one.
    await writer.save(where, version, {asked["path"]: json.dumps(NOTEBOOK | {"cells": []})})
    older = await writer.fetch(f"{where}/exported", two=True, headers=None, **asked, version=version)
    assert older[0] == 200 and older[1] == content


async def test_each_file_that_is_read_becomes_a_worksheet_beside_it(writer: Person) -> None:
    where = await writer.make()
    await writer.save(where, "", {path: text for path, (text, _) in READ.items()})
    for path, (text, wanted) in READ.items():
        made = await bring(writer, where, path)
        assert made["path"] == path.rpartition(".")[0] + ".ipynb" and made["version"]
        worksheet = await writer.text(where, made["path"])
        assert sources(worksheet) == wanted, path
        assert await writer.text(where, path) == text
        # What was made is taken out as it is.
        status, content, _ = await writer.fetch(f"{where}/exported", path=made["path"], format="ipynb")
        assert status == 200 and content.decode() == worksheet
    # Nothing that is there is overwritten; other files are taken out, too.
    assert (await bring(writer, where, "a.sagews"))["path"] == "a (2).ipynb"
    assert (await bring(writer, where, "a.sagews", name="new/x"))["path"] == "new/x.ipynb"
    refused = {"path": "a.sagews", "name": "a.ipynb"}
    assert (await writer.ask("POST", f"{where}/imported", 422, json=refused))["what"] == "is there already"
    status, content, _ = await writer.fetch(f"{where}/exported", path="b.py", format="html")
    assert status == 200 and b"Rings" in content


async def test_an_old_notebook_is_mended_and_the_one_before_stays_in_the_history(writer: Person) -> None:
    where = await writer.make()
    text = json.dumps(OLD)
    before = (await writer.save(where, "", {"old.ipynb": text}))["version"]
    made = await bring(writer, where, "old.ipynb")
    assert made["path"] == "old.ipynb" and made["version"] != before
    assert "it was of version 2 of the format, and is of version 4 now" in made["repairs"]
    now = json.loads(await writer.text(where, "old.ipynb"))
    assert now["nbformat"] == 4 and sources(json.dumps(now)) == ["2"]
    assert await writer.text(where, "old.ipynb", before) == text
    assert len((await writer.ask("GET", f"{where}/history", 200))["commits"]) == 2
    # It is whole now: nothing is left to be mended, and no version is made.
    again = await bring(writer, where, "old.ipynb")
    assert again["repairs"] == [] and again["version"] == made["version"]


async def test_what_cannot_be_converted_is_refused_by_cell_and_cause_and_nothing_is_made(writer: Person) -> None:
    where = await writer.make()
    bad = {
        "cell.ipynb": json.dumps(NOTEBOOK | {"cells": [WORDS, {**CODE, "source": 7}]}),
        "cut.ipynb": json.dumps(NOTEBOOK)[:-60],
        "page.ipynb": "<html>",
        "empty.py": "",
        "far.ptx": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&b;</a>',
        "tags.md": "---\njupyter:\n  a: &x [1]\n  b: *x\n---\n\n# Rings\n",
        "a.doc": "x",
        "marks.ipynb": json.dumps(NOTEBOOK | {"cells": [{**CODE, "source": "# %%\n1"}]}),
    }
    version = (await writer.save(where, "", bad))["version"]
    for path, told in (
        ("cell.ipynb", "cell 2"),
        ("cut.ipynb", "is cut off"),
        ("page.ipynb", "is an HTML page"),
        ("empty.py", "is empty"),
        ("far.ptx", "has a document type or entities"),
        ("tags.md", "file tags.md"),
        ("a.doc", "is in no format of notebooks"),
    ):
        error = await writer.ask("POST", f"{where}/imported", 422, json={"path": path, "name": "n.ipynb"})
        assert told in f"{error['noun']} {error['what']}" and path in error["noun"] and error["hint"], error
        status, content, _ = await writer.fetch(f"{where}/exported", path=path, format="html")
        assert status == 422 and json.loads(content)["error"] == error
    status, content, _ = await writer.fetch(f"{where}/exported", path="marks.ipynb", format="percent")
    error = json.loads(content)["error"]
    assert status == 422 and "marks" in error["what"] and "cell 1" in error["noun"], error
    for query, status, code in (
        ({"path": "none.ipynb", "format": "html"}, 404, "unknown_file"),
        ({"path": "cut.ipynb", "format": "html", "version": "1" * 40}, 404, "unknown_version"),
        ({"path": "cut.ipynb", "format": "sagews"}, 400, "bad_message"),
        ({"path": "cut.ipynb"}, 400, "bad_message"),
    ):
        answer = await writer.fetch(f"{where}/exported", two=True, headers=None, **query)
        assert (answer[0], json.loads(answer[1])["error"]["code"]) == (status, code), query
    for body, status in (
        ({"path": "none.md"}, 404),
        ({"path": "cut.ipynb", "name": "../x"}, 422),
        ({"path": "marks.ipynb", "name": ".git/x"}, 422),
        ({"path": ""}, 400),
    ):
        await writer.ask("POST", f"{where}/imported", status, json=body)
    listed = await writer.ask("GET", f"{where}/files", 200)
    assert listed["version"] == version and {each["path"] for each in listed["files"]} == set(bad)
