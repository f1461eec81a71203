"""Notebooks as text, by jupytext: what goes there comes back, and hostile text ends in a message."""

import pytest

from sagews.backend.formats import text
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from sagews.errors import FormatError

CELLS = (
    Cell("a", CellType.MARKDOWN, "# Título\n\nText with $x$."),
    Cell("b", CellType.CODE, "x = 1\n\n\ndef f():\n    pass", metadata='{"tags": ["slow"]}'),
    Cell("c", CellType.CODE, "%time f()\n# a comment"),
    Cell("d", CellType.RAW, "raw"),
)
NOTEBOOK = Notebook(cells=CELLS, metadata='{"kernelspec": {"name": "sagemath", "display_name": "SageMath"}}')
NUMBER = b"---\njupyter:\n  x: %s"
DIGITS = "text: its metadata cannot be JSON of a notebook: ValueError Exceeds the limit"
FRONT = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n"


@pytest.mark.parametrize("name", text.FORMATS)
def test_what_is_written_as_text_is_read_again(name: str) -> None:
    data = text.write(NOTEBOOK, name)
    found = text.read(data, name)
    assert [(cell.cell_type, cell.source) for cell in found.cells] == [(cell.cell_type, cell.source) for cell in CELLS]
    assert found.cells[1].metadata == '{"tags":["slow"]}'
    assert '"name":"sagemath"' in found.metadata and "jupytext" not in found.metadata
    assert text.read(data, name) == found and text.write(found, name) == data
    assert len({cell.id for cell in found.cells}) == len(CELLS)


@pytest.mark.parametrize(
    ("name", "cell_type", "source"),
    [
        ("myst", CellType.MARKDOWN, "```{code-cell}\n1\n```"),
        ("myst", CellType.MARKDOWN, "a\n+++\nb"),
        ("percent", CellType.CODE, "x=1\n# %% b\ny=2"),
        ("markdown", CellType.MARKDOWN, "<!-- #region -->\nx\n<!-- #endregion -->"),
    ],
)
def test_a_source_that_would_come_back_as_another_is_refused_by_its_cell(
    name: str, cell_type: CellType, source: str
) -> None:
    for after in ((), CELLS[1:2]):
        cells = (CELLS[0], Cell("odd", cell_type, source), *after)
        with pytest.raises(FormatError) as refused:
            text.write(Notebook(cells=cells), name)
        assert str(refused.value).startswith(f"cell 2 (odd): cannot be written as {name}: it has what that format")


@pytest.mark.parametrize("name", text.FORMATS)
def test_of_blank_lines_and_line_ends_a_text_keeps_not_all(name: str) -> None:
    for cell_type in (CellType.CODE, CellType.MARKDOWN):
        cells = (CELLS[0], Cell("x", cell_type, "\na = 1\r\nb\n\n"), Cell("y", cell_type, ""))
        found = text.read(text.write(Notebook(cells=cells), name), name).cells
        assert [cell.source.strip("\n") for cell in found if cell.source.strip()] == [CELLS[0].source, "a = 1\nb"]


@pytest.mark.parametrize("name", text.FORMATS)
def test_the_format_of_a_text_is_found(name: str) -> None:
    assert text.guessed(text.write(NOTEBOOK, name), text.FORMATS[name][0]) == name


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("markdown", "---\njupyter:\n  a: &a [x]\n  b: *a\n---\n"),
        ("percent", "# ---\n# jupyter:\n#   a: &a [x]\n#   b: *a\n# ---\n"),
        ("light", "# ---\n# jupyter:\n#   a: &a [x]\n#   b: *a\n# ---\n"),
        ("myst", FRONT),
        ("myst", FRONT.replace("\n", "\r")),
        ("myst", "```{code-cell}\n---\na: &a [x]\nb: *a\n---\n1\n```\n"),
        ("myst", "```{code-cell}\n:a: &a [x]\n:b: *a\n\n1\n```\n"),
    ],
)
def test_references_in_yaml_are_refused(name: str, source: str) -> None:
    with pytest.raises(FormatError, match="has YAML with references, which are not read"):
        text.read(source.encode(), name)


def test_references_in_front_matter_are_refused_when_it_is_written() -> None:
    with pytest.raises(FormatError, match="has YAML with references"):
        text.write(Notebook(cells=(Cell("a", CellType.RAW, FRONT),)), "myst")


@pytest.mark.parametrize("other", ["pandoc", "quarto", "marimo"])
def test_no_program_is_started_for_a_text_that_asks_for_one(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen.__init__", lambda *_, **__: pytest.fail("a program was started"))
    header = "---\njupyter:\n  jupytext:\n    text_representation:\n      extension: .md\n"
    header += f"      format_name: {other}\n---\n\nhi\n"
    assert [cell.source for cell in text.read(header.encode(), "markdown").cells] == ["hi"]
    metadata = f'{{"jupytext": {{"formats": "ipynb,md:{other}", "text_representation": {{"format_name": "{other}"}}}}}}'
    assert b"hi" in text.write(Notebook(cells=(Cell("a", CellType.MARKDOWN, "hi"),), metadata=metadata), "markdown")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("myst", b"---\na: " + b"[" * 60 + b"\n---\n", "text: has YAML more than 50 deep"),
        ("myst", b"---\na: " + b"x" * 300_000 + b"\n---\n", "text: has more than 256 KiB of YAML in one place"),
        (
            "myst",
            b"```{code-cell}\n:tags: [a\n```\n",
            "text: cannot be read: MystMetadataParsingError Code cell 0 at line 1",
        ),
        (
            "myst",
            b"---\na: !!python/object:os.system x\n---\n",
            "text: has YAML with the tag 'tag:yaml.org,2002:python",
        ),
        ("myst", b"---\na: !!set {a, b, c}\n---\n", "text: has YAML with the tag 'tag:yaml.org,2002:set'"),
        ("myst", b"---\n!!binary aGk=: x\n---\n", "text: has YAML with the tag 'tag:yaml.org,2002:binary'"),
        ("myst", b"---\n2020-01-01: x\n---\n", "text: cannot be read: TypeError"),
        (
            "myst",
            b"```{code-cell}\n---\n2020-01-01: x\n---\n1\n```\n",
            "text: its metadata cannot be JSON",
        ),
        *((name, NUMBER % b"0x" + b"f" * 4000 + b"\n---\n\nhi\n", DIGITS) for name in ("markdown", "myst")),
        ("markdown", NUMBER % b"1" + b":00" * 5_000 + b"\n---\n\nhi\n", DIGITS),
        ("percent", b"# %% x=0x" + b"f" * 900 * 5 + b"\n1\n", "text: "),
        ("markdown", b"x\n" * 20_001, "text: has more than 20000 lines"),
        ("percent", b"x\r" * 20_001, "text: has more than 20000 lines"),
        ("percent", b"# %%\n" * 5_001, "text: has more than 5000 lines that may begin a cell"),
        ("markdown", b"```python\n" * 10_000, "text: has more than 5000 lines that may begin a cell"),
        ("percent", b"# %% " + b"a=[ " * 33, "text: has a mark of a cell of more than 1000 characters or 32 options"),
        ("markdown", b"```python " + b"a" * 1_000, "text: has a mark of a cell of more than 1000 characters"),
        ("light", b"# + " + b"a=1 " * 20 + (b"\n1\n\n# + " + b"a=1 " * 20) * 100, "text: has more than 2000 options"),
        ("percent", b"x" * (4 << 20) + b"y", "text: is larger than 4 MiB"),
        ("percent", b"\xff", "text: is not UTF-8 text, from byte 1 on"),
        ("percent", b"", "text: is empty"),
    ],
    ids=range(22),
)
def test_hostile_text_is_refused(name: str, data: bytes, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        text.read(data, name)
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)


def test_metadata_that_json_does_not_have_become_text_or_null() -> None:
    source = "---\njupyter:\n  day: 2020-01-01\n  nan: .nan\n  one: 1.0\n---\n\nhi\n"
    assert text.read(source.encode(), "markdown").metadata == '{"day":"2020-01-01","nan":null,"one":1.0}'
