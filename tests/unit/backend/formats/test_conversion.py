"""Whatever a notebook or a file says, every format writes and reads it, or says why not."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.backend.formats.conversion import READERS, WRITERS, read_format, write_format
from sagews.backend.formats.notebook import read, write
from sagews.errors import ConfigurationError, FormatError
from tests.unit.backend.formats.files import notebooks, written
from tests.unit.backend.formats.test_html import assert_harmless

GENERATED = 5_000 if os.environ.get("SAGEWS_PROVE") else 50
MANY = settings(max_examples=GENERATED, deadline=None, suppress_health_check=list(HealthCheck), database=None)

PARTS = (
    "\ufe20",
    "\ufe21",
    "\n",
    "---\n",
    "# ---\n",
    "# %%\n",
    "# +\n",
    "```{code-cell}\n",
    ":tags: [a\n",
    "```",
    "%md\n",
    "<sage>",
)
PARTS += (
    "<input>",
    "</input></sage>",
    "<a>",
    "</a>",
    "&x;",
    "<!-- #region -->\n",
    "jupyter:\n  jupytext:\n",
    "    cell_markers: a\n",
)
PARTS += (
    "$$",
    "\\begin{align}",
    '{"stdout":"x"}',
    '"""',
    "\t",
    "\0",
    "\r",
    "\u2028",
    "x = 1\n",
    "&a *a",
    "# %% [markdown]\n",
    "{}",
)
PARTS += (
    f"# %% x=0x{'f' * 4000}\n",
    f"---\njupyter:\n  x: 0x{'f' * 4000}\n---\n",
    "```{code-cell}\n2020-01-01: x\n",
    "---\n2020-01-01: x\n---\n",
    "---\njupyter: !!set {a, b}\n---\n",
    ":x: !!binary aGk=\n",
)
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=12).map("".join)


@given(notebooks())
@MANY
def test_every_format_writes_any_notebook_or_says_why_not(value: dict[str, Any]) -> None:
    notebook = read(written(value).encode())
    for name, write_as in WRITERS.items():
        try:
            data = write_as(notebook)
        except FormatError as error:
            assert name in str(error)
            continue
        assert write_as(notebook) == data
        if name == "html":
            assert_harmless(data.decode())
        else:
            read_or_refused(name, data)


@given(TEXTS)
@MANY
def test_every_format_reads_any_text_or_says_why_not(text: str) -> None:
    for name in READERS:
        read_or_refused(name, text.encode())


def read_or_refused(name: str, data: bytes) -> None:
    """Read a file in a format: what is read is a notebook that can be written, and the same each time."""
    try:
        notebook = READERS[name](data)
    except FormatError as error:
        assert str(error) and "\n" not in str(error)
        return
    assert READERS[name](data) == notebook
    assert read(write(notebook)).cells == notebook.cells


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.ipynb", b"{}", "ipynb"),
        ("a.SageWS", b"", "sagews"),
        ("a/b.py", b"# %%\n1", "percent"),
        ("b.py", b"x = 1", "light"),
        ("a.md", b"# hi", "markdown"),
        ("a.md", b"```{code-cell}\n1\n```", "myst"),
        ("a.ptx", b"", "pretext"),
    ],
)
def test_the_format_of_a_file_is_found(name: str, data: bytes, found: str) -> None:
    assert read_format(name, data) == found


def test_a_file_is_written_in_the_format_of_its_name() -> None:
    assert [write_format(f"a.{end}") for end in ("ipynb", "py", "md", "html", "xml")] == [
        *("ipynb", "percent", "markdown", "html", "pretext"),
    ]
    with pytest.raises(ConfigurationError):
        write_format("a.doc")
