"""A book with cells, built by Sphinx as its author does: in HTML, as plain text, and with what is wrong in it."""

import subprocess
import sys
from pathlib import Path

import pytest

BOOK = """
Growth
======

.. sagews-cell::
   :language: python
   :session: growth
   :setup:

   rate = "<b>" if 1 < 2 else 0

.. sagews-cell::
   :session: growth
   :label: Compute "it"
   :autoevaluate:

   factor(2^64 - 1)

   %%
   3 * 5 * 17 * 257 * 641 * 65537 * 6700417
"""
CELLS = """<sagews-cell language="python" session="growth" setup>
<pre>rate = &quot;&lt;b&gt;&quot; if 1 &lt; 2 else 0</pre>
</sagews-cell>
<sagews-cell session="growth" label="Compute &quot;it&quot;" autoevaluate>
<pre>factor(2^64 - 1)</pre>
<pre slot="expected">3 * 5 * 17 * 257 * 641 * 65537 * 6700417</pre>
</sagews-cell>
"""
SITE = "https://sage.example.org"


def built(directory: Path, text: str = BOOK, kind: str = "html", site: str = SITE) -> tuple[int, str]:
    """Build a book of two pages, the second without cells; return the status and what was said."""
    (directory / "conf.py").write_text(f'extensions = ["sagews.sphinx"]\nsagews_site = "{site}"\n')
    (directory / "index.rst").write_text(text + "\n.. toctree::\n\n   plain\n")
    (directory / "plain.rst").write_text("Plain\n=====\n\nNo cell is here.\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", kind, str(directory), str(directory / kind)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_page_with_cells_has_them_and_loads_the_script(tmp_path: Path) -> None:
    assert built(tmp_path) == (0, "")
    page, plain = ((tmp_path / "html" / name).read_text() for name in ("index.html", "plain.html"))
    for cell in CELLS.split("</sagews-cell>\n"):
        assert cell in page
    assert page.count('<script type="module" src="https://sage.example.org/embed.js"></script>') == 1
    assert "embed.js" not in plain


def test_other_formats_have_code_and_what_is_expected(tmp_path: Path) -> None:
    assert built(tmp_path, kind="text") == (0, "")
    lines = (tmp_path / "text" / "index.txt").read_text().split("\n")
    assert "   factor(2^64 - 1)" in lines and "   3 * 5 * 17 * 257 * 641 * 65537 * 6700417" in lines
    assert built(tmp_path, kind="latex") == (0, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".. sagews-cell::\n", "This cell has no code"),
        (".. sagews-cell::\n   :language: cobol\n\n   x\n", "sage, gap, gp"),
    ],
)
def test_what_is_wrong_in_the_book_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    status, told = built(tmp_path, f"Book\n====\n\n{text}")
    assert status == 1 and f"{tmp_path / 'index.rst'}:4: ERROR" in told and said in told.replace('"', "")


def test_a_site_without_an_address_is_refused(tmp_path: Path) -> None:
    status, told = built(tmp_path, site="sage.example.org")
    assert status == 2 and "sagews_site is 'sage.example.org'" in told and "set it in conf.py" in told
