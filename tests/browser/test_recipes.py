"""What the documentation says of embedding, as it stands there: each page is built by its tool and opened."""

import os
import re
import shutil
import subprocess
import sys
from mimetypes import guess_type
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.book import Book
from tests.browser.reader import Reader
from tests.browser.test_embed import Read, book, open_site, press, read

__all__ = ["book", "open_site", "read"]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "embedding"
GUIDE = (ROOT / "docs/how-to/embed.md").read_text()
SITE = "https://math.example.org"
CELLS = """---
title: Book
---

# A chapter

{first}
k = 6
```

{second}
if k < 7 and k > 5: print(k * 7)
```
"""


def block(language: str) -> str:
    """Return the one block of the guide in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(found)


def put_all(book: Book, folder: Path) -> None:
    """Serve what a tool has built, with this site's address in the place of the guide's."""
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().replace(SITE.encode(), book.site.rstrip("/").encode())
            book.keep(path.relative_to(folder).as_posix(), content, guess_type(path.name)[0] or "text/plain")


def run(*command: str, folder: Path, **more: str) -> None:
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | more, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def shows_42(reader: Reader) -> None:
    press(reader, 1)
    expect(reader.outputs(1)).to_contain_text("42")


def test_the_page_by_hand(book: Book, read: Read) -> None:
    put_all(book, EXAMPLES)
    reader = read(book.url + "page.html")
    first = reader.page.locator("#first")
    first.get_by_role("button", name="Evaluate").click()
    expect(reader.page.locator("#verdict")).to_have_text("Not yet: try another number.")
    first.locator(".cm-content").click()
    reader.page.keyboard.press("Control+a")
    reader.page.keyboard.insert_text("sum(squares(10))")
    reader.page.keyboard.press("Shift+Enter")
    expect(reader.page.locator("#verdict")).to_have_text("That is it.")


def test_mkdocs(book: Book, read: Read, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    fences = dict.fromkeys(("first", "second"), '```sagews session="mkdocs"')
    (tmp_path / "docs" / "index.md").write_text(CELLS.format(**fences))
    # A theme of the test's own: MkDocs' has a script that fails where a page has no search.
    scripts = "{% for script in config.extra_javascript %}{{ script | script_tag }}{% endfor %}"
    page = f"<!doctype html><html lang=en><head>{scripts}</head><body>{{{{ page.content }}}}</body></html>"
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "main.html").write_text(page)
    settings = "site_name: Book\ntheme: {name: null, custom_dir: theme}\nplugins: []\n"
    (tmp_path / "mkdocs.yml").write_text(settings + block("yaml"))
    shutil.copy(EXAMPLES / "sagews_mkdocs.py", tmp_path)
    run(sys.executable, "-m", "mkdocs", "build", "-q", folder=tmp_path, PYTHONPATH=".", NO_MKDOCS_2_WARNING="1")
    put_all(book, tmp_path / "site")
    reader = read(book.url + "index.html")
    press(reader, 0)
    shows_42(reader)


def test_pandoc_whose_filter_quarto_has_too(book: Book, read: Read, tmp_path: Path) -> None:
    if (pandoc := shutil.which("pandoc")) is None:
        pytest.skip("pandoc is not installed here")
    fences = {"first": "```{.sagews session=pandoc setup=true}", "second": "```{.sagews session=pandoc}"}
    (tmp_path / "book.md").write_text(CELLS.format(**fences))
    lua = str(EXAMPLES / "sagews.lua")
    options = ("-s", "--lua-filter", lua, "-M", f"sagews={book.site.rstrip('/')}", "-o", "book.html", "book.md")
    run(pandoc, *options, folder=tmp_path)
    put_all(book, tmp_path)
    shows_42(read(book.url + "book.html"))


def test_react(book: Book, read: Read, tmp_path: Path) -> None:
    modules = ROOT / "web" / "node_modules"
    (tmp_path / "cell.jsx").write_text(block("jsx"))
    (tmp_path / "main.jsx").write_text("""
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Cell } from "./cell";
function App() {
  const [result, setResult] = useState();
  const [isShown, setShown] = useState(true);
  return <>
    <Cell code="if 1 < 2: print(6 * 7)" session="react" onResult={setResult} />
    {isShown && <Cell code="print(1)" session="react" />}
    <button onClick={() => setShown(!isShown)}>Change</button>
    <output>{JSON.stringify(result?.outputs)}</output>
  </>;
}
createRoot(document.querySelector("main")).render(<StrictMode><App /></StrictMode>);
""")
    options = ("--bundle", "--jsx=automatic", '--define:process.env.NODE_ENV="development"', "--outfile=main.js")
    run(str(modules / ".bin" / "esbuild"), "main.jsx", *options, folder=tmp_path, NODE_PATH=str(modules))
    book.keep("main.js", (tmp_path / "main.js").read_bytes(), "text/javascript")
    reader = read("about:blank")
    sockets: list[str] = []
    reader.page.on("websocket", lambda socket: sockets.append(socket.url))
    reader.page.goto(book.put("react.html", "", head="<script defer src=main.js></script>"))
    shown = reader.page.locator("main output")
    press(reader, 0)
    expect(shown).to_contain_text("42")
    change = reader.page.get_by_role("button", name="Change")
    change.click()
    expect(reader.page.locator("sagews-cell")).to_have_count(1)
    change.click()
    press(reader, 1)
    expect(shown).to_contain_text("42")
    expect(reader.outputs(1)).to_have_text("1")
    assert len(sockets) == 1
